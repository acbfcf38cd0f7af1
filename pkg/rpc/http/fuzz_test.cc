// Random and mutated byte streams with fixed seeds: whatever is sent, the server stays up and answers the next client.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "pkg/rpc/http/server.h"
#include "pkg/rpc/http/testing.h"
#include "pkg/rpc/http/wire/gzip.h"
#include "pkg/rpc/http/wire/parser.h"

namespace smallbiznis::rpc::http {
namespace {

using testing::Client;
using testing::OnFreePort;
using testing::Started;

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  size_t Below(size_t n) { return random_() % n; }

  std::string Stream() {
    if (Below(10) == 0) return Noise(Below(300));
    std::string stream;
    for (size_t i = 0; i <= Below(3); ++i) stream += Valid();
    for (size_t i = 0; i < Below(6); ++i) Mutate(stream);
    return stream;
  }

 private:
  std::string Noise(size_t size) {
    std::string noise(size, '\0');
    for (char& c : noise) c = static_cast<char>(random_());
    return noise;
  }

  std::string Valid() {
    static const std::string kPacked = Gzip("hello hello hello");
    const std::string kRequests[] = {
        "GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br;q=0.5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nT: t\r\n\r\n",
        "HEAD http://h/p HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, x\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n.",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\nX: folded\r\n value\r\n\r\n",
        fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n{}",
                    kPacked.size(), kPacked),
    };
    return kRequests[Below(std::size(kRequests))];
  }

  void Mutate(std::string& stream) {
    if (stream.empty()) return;
    const size_t at = Below(stream.size());
    switch (Below(6)) {
      case 0:
        stream[at] = static_cast<char>(random_());
        break;
      case 1:
        stream.erase(at, 1 + Below(8));
        break;
      case 2:
        stream.insert(at, Noise(1 + Below(4)));
        break;
      case 3:
        stream.insert(at, stream.substr(at, Below(40)));
        break;
      case 4:
        stream.resize(at);
        break;
      case 5: {
        constexpr std::string_view kSpecial[] = {"\r\n",
                                                 "\n",
                                                 "\r",
                                                 "\r\n\r\n",
                                                 ":",
                                                 " ",
                                                 "\t",
                                                 ",",
                                                 ";",
                                                 "0\r\n\r\n",
                                                 "Content-Length: 5\r\n",
                                                 "Transfer-Encoding: chunked\r\n",
                                                 "ffffffff"};
        stream.insert(at, kSpecial[Below(std::size(kSpecial))]);
        break;
      }
    }
  }

  std::mt19937_64 random_;
};

// Where a stream is cut must not change the requests that are read from it. (When a broken one is noticed may change.)
std::string Transcript(std::string_view stream, Mutator* cuts) {
  RequestParser parser(1000, 1000);
  std::string transcript;
  size_t offered = 0;
  size_t begin = 0;
  while (true) {
    begin += parser.Parse(stream.substr(begin, offered - begin));
    if (parser.state() == RequestParser::State::kFailed) return transcript;
    if (parser.state() == RequestParser::State::kComplete) {
      const Request& request = parser.request();
      transcript += fmt::format("{} {} {}\n", request.method, request.target, request.body);
      for (const auto& [name, value] : request.headers.entries()) transcript += fmt::format("{}={}\n", name, value);
      parser.Reset();
    } else if (offered == stream.size()) {
      return transcript;
    } else {
      offered = cuts == nullptr ? stream.size() : std::min(stream.size(), offered + 1 + cuts->Below(20));
    }
  }
}

TEST(FuzzTest, TheParserReadsTheSameWhereverTheStreamIsCut) {
  Mutator mutator(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::string stream = mutator.Stream();
    ASSERT_EQ(Transcript(stream, nullptr), Transcript(stream, &mutator)) << i << ": " << stream;
  }
}

TEST(FuzzTest, TheServerOutlivesEveryStream) {
  ServerOptions options = OnFreePort();
  options.read_timeout = absl::Milliseconds(500);
  const auto server = Started(options);
  Mutator mutator(2);
  for (int i = 0; i < 10'000; ++i) {
    Client client(server->port());
    ASSERT_TRUE(client.connected()) << i;
    const std::string stream = mutator.Stream();
    client.Send(stream);
    if (mutator.Below(2) == 0) client.Abort();
    if (i % 500 != 0) continue;
    Client good(server->port());
    const auto reply = good.Ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(reply) << i;
    ASSERT_EQ(reply->status, 200);
  }
}

}  // namespace
}  // namespace smallbiznis::rpc::http
