// "%d items at %.2f".format([3, 9.5])
#pragma once

#include "pkg/cel/value/frame.h"

namespace smallbiznis::cel {

// args: the format, the list of its arguments. Verbs: %s %d %f %e %b %o %x %X %%, a precision for %f and %e.
Value FormatText(Frame& frame, const Value* args);

}  // namespace smallbiznis::cel
