#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "pkg/rpc/json/json.h"
#include "pkg/rpc/json/reader.h"
#include "pkg/rpc/json/schema.h"

namespace smallbiznis::rpc::json {
namespace {

constexpr int kSkipDepth = 1000;  // the parser has already held the text to its own limit

// The text has been parsed before, so names are known and faults cannot come.
void Collect(Reader* reader, const Schema& schema, const std::string& prefix, std::vector<std::string>* paths) {
  reader->Consume('{');
  size_t hint = 0;
  do {
    std::string_view name;
    if (reader->Peek() != Reader::Token::kString || !reader->ReadString(&name)) break;
    const FieldSchema* field = schema.Find(name, &hint);
    if (field == nullptr || !reader->Consume(':')) break;
    const std::string path = prefix + field->descriptor->name();
    const bool nested = field->message != nullptr && !field->repeated && !field->map &&
                        field->message->form == Form::kPlain && reader->Peek() == Reader::Token::kObject;
    const size_t before = paths->size();
    if (nested) {
      Collect(reader, *field->message, path + ".", paths);
    } else if (!reader->Skip(kSkipDepth)) {
      break;
    }
    // `{}` replaces the whole message.
    if (paths->size() == before) paths->push_back(path);
  } while (reader->Consume(','));
  reader->Consume('}');
}

}  // namespace

std::vector<std::string> FieldPaths(std::string_view text, const google::protobuf::Descriptor* descriptor) {
  std::vector<std::string> paths;
  Reader reader(text);
  if (reader.Peek() == Reader::Token::kObject) Collect(&reader, SchemaOf(descriptor), "", &paths);
  return paths;
}

}  // namespace smallbiznis::rpc::json
