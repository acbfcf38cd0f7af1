#include "pkg/rpc/http/wire/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::http {
namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;  // zlib's sign for the gzip wrapper
constexpr int kLevel = 4;                    // JSON shrinks nearly as far as with 6, in half the time

// "0", "0.0", "0.000": only a weight of zero refuses.
bool IsZero(absl::string_view weight) {
  return !weight.empty() && weight[0] == '0' && weight.find_first_of("123456789") == absl::string_view::npos;
}

Bytef* Bytes(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

class Deflater {
 public:
  Deflater() { deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY); }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;

  std::string Run(std::string_view plain) {
    deflateReset(&stream_);
    std::string packed(deflateBound(&stream_, plain.size()), '\0');
    stream_.next_in = Bytes(plain);
    stream_.avail_in = static_cast<uInt>(plain.size());
    stream_.next_out = Bytes(packed);
    stream_.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream_, Z_FINISH);
    packed.resize(packed.size() - stream_.avail_out);
    return packed;
  }

 private:
  z_stream stream_ = {};
};

class Inflater {
 public:
  Inflater() { inflateInit2(&stream_, kGzipWindow); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;

  absl::StatusOr<std::string> Run(std::string_view packed, size_t limit) {
    std::string plain;
    stream_.next_in = Bytes(packed);
    stream_.avail_in = static_cast<uInt>(packed.size());
    while (true) {
      Grow(plain, packed.size(), limit);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      const size_t size = plain.size() - stream_.avail_out;
      if (size > limit) return absl::ResourceExhaustedError("too long after inflating");
      if (result == Z_STREAM_END) {
        plain.resize(size);
        if (stream_.avail_in == 0) return plain;
        inflateReset(&stream_);  // a file may have several members
      } else if (result != Z_OK || (stream_.avail_in == 0 && stream_.avail_out > 0)) {
        return absl::InvalidArgumentError("not a whole gzip stream");
      } else {
        plain.resize(size);
      }
    }
  }

 private:
  // Room for more output, at most one byte beyond the limit.
  void Grow(std::string& plain, size_t packed_size, size_t limit) {
    const size_t used = plain.size();
    const size_t step = std::max<size_t>({1024, used, 2 * packed_size});
    plain.resize(std::min(limit + 1, used + step));
    stream_.next_out = Bytes(plain) + used;
    stream_.avail_out = static_cast<uInt>(plain.size() - used);
  }

  z_stream stream_ = {};
};

}  // namespace

bool AllowsGzip(std::string_view accept_encoding) {
  bool any = false;
  for (const absl::string_view item : absl::StrSplit(text::ToAbsl(accept_encoding), ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(item, ';');
    const absl::string_view coding = absl::StripAsciiWhitespace(parts[0]);
    bool refused = false;
    for (size_t i = 1; i < parts.size(); ++i) {
      absl::string_view parameter = absl::StripAsciiWhitespace(parts[i]);
      if (absl::StartsWithIgnoreCase(parameter, "q=")) refused = IsZero(parameter.substr(2));
    }
    if (absl::EqualsIgnoreCase(coding, "gzip") || absl::EqualsIgnoreCase(coding, "x-gzip")) return !refused;
    if (coding == "*") any = !refused;
  }
  return any;
}

std::string Gzip(std::string_view plain) {
  // A deflate state is 256 KiB; making one costs more than compressing a small answer.
  thread_local Deflater deflater;
  return deflater.Run(plain);
}

absl::StatusOr<std::string> Gunzip(std::string_view packed, size_t limit) {
  return Inflater().Run(packed, limit);
}

}  // namespace smallbiznis::rpc::http
