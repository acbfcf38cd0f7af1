#include "pkg/rpc/gateway/transcode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "pkg/rpc/gateway/routes.h"
#include "pkg/rpc/gateway/testing.h"

namespace smallbiznis::rpc::gateway {
namespace {

class TranscodeTest : public ::testing::Test {
 protected:
  TranscodeTest() {
    for (const Method* method : library_.router().methods()) {
      auto bindings = CompileBindings(*method);
      EXPECT_TRUE(bindings.ok());
      for (auto& binding : *bindings) EXPECT_TRUE(routes_.Add(std::move(binding)).ok());
    }
  }

  // The decoded request in one line, or the error's text.
  std::string Decode(const std::string& http_method, const std::string& target, std::string_view body = "",
                     int max_depth = 64) {
    const size_t question = std::min(target.find('?'), target.size());
    const std::string path = target.substr(0, question);
    const std::string query = target.substr(std::min(question + 1, target.size()));
    const Routes::Match match = routes_.Find(http_method, path);
    if (match.binding == nullptr) return "no route";
    const std::unique_ptr<google::protobuf::Message> request(match.binding->method->request_prototype->New());
    const absl::Status status =
        DecodeRestRequest(*match.binding, match.segments, query, body, max_depth, request.get());
    if (!status.ok()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(status::FieldViolations(status).size(), 1u);
      return std::string(status.message());
    }
    return request->ShortDebugString();
  }
  std::string Query(const std::string& query) { return Decode("GET", "/v1/search?" + query); }

  Library library_;
  Routes routes_;
};

struct Case {
  const char* query;
  const char* outcome;
};

TEST_F(TranscodeTest, BindsEveryTypeThatAQueryCanHold) {
  for (const Case& c : std::vector<Case>{
           {"", ""},
           {"flag=true&int32Value=-5&uint64_value=18446744073709551615&doubleValue=1.5",
            "flag: true int32_value: -5 uint64_value: 18446744073709551615 double_value: 1.5"},
           {"stringValue=a+b%20c%26%3D%C3%A9&bytesValue=YQ", R"(string_value: "a b c&=\303\251" bytes_value: "a")"},
           {"genre=POETRY", "genre: POETRY"},
           {"genre=2", "genre: POETRY"},
           {"strings=a&strings=b&strings=", "strings: \"a\" strings: \"b\" strings: \"\""},
           {"numbers=1&numbers=2", "numbers: 1 numbers: 2"},
           {"timestamp=1970-01-01T00:00:01Z&duration=1.5s",
            "timestamp { seconds: 1 } duration { seconds: 1 nanos: 500000000 }"},
           {"timestamp=1970-01-01T07%3A00%3A01%2B07%3A00", "timestamp { seconds: 1 }"},
           {"mask=title,filter.nameContains,book_id",
            R"(mask { paths: "title" paths: "filter.name_contains" paths: "book_id" })"},
           {"wrapper=x", "wrapper { value: \"x\" }"},
           {"filter.name_contains=x&filter.genres=FICTION&filter.genres=2&filter.createdFrom=1970-01-01T00:00:01Z",
            "filter { name_contains: \"x\" genres: FICTION genres: POETRY created_from { seconds: 1 } }"},
           {"filter.nameContains=x", "filter { name_contains: \"x\" }"},
           {"filter.not.not.nameContains=x", "filter { not { not { name_contains: \"x\" } } }"},
           {"filterChoice.nameContains=a&filterChoice.genres=1",
            "filter_choice { name_contains: \"a\" genres: FICTION }"},
           {"optionalValue=0", "optional_value: 0"},
           {"&&flag=true&", "flag: true"},
           {"%66lag=true", "flag: true"},
       }) {
    EXPECT_EQ(Query(c.query), c.outcome) << c.query;
  }
}

TEST_F(TranscodeTest, RefusesQueriesByName) {
  for (const Case& c : std::vector<Case>{
           {"nope=1", "nope: unknown query parameter"},
           {"=1", ": unknown query parameter"},
           {"filter.nope=1", "filter.nope: unknown query parameter"},
           {"filter.=1", "filter.: unknown query parameter"},
           {"timestamp.seconds=1", "timestamp.seconds: unknown query parameter"},
           {"flag", "flag: expected a boolean, found \"\""},
           {"flag=yes", "flag: expected a boolean, found \"yes\""},
           {"int32Value=2147483648", "int32_value: \"2147483648\" is out of range for an int32"},
           {"flag=true&flag=true", "flag: given twice"},
           {"int32Value=1&int32_value=1", "int32_value: given twice"},
           {"labels=a", "labels: is a map, which a query parameter cannot hold"},
           {"labels.a=b", "labels: is a map, which a query parameter cannot hold"},
           {"filters=a", "filters: is a list of messages, which a query parameter cannot hold"},
           {"filters.nameContains=a", "filters: is a list of messages, which a query parameter cannot hold"},
           {"filter=a", "filter: is a message: give its fields one by one"},
           {"struct=a", "struct: is a message: give its fields one by one"},
           {"flag.x=a", "flag: has no fields"},
           {"text=a&number=1", "number: only one field of choice may be set"},
           {"text=a&filterChoice.nameContains=1", "filter_choice.name_contains: only one field of choice may be set"},
           {"stringValue=%FF", "string_value: invalid UTF-8"},
           {"stringValue=%F", "stringValue: malformed percent-encoding"},
           {"a%ZZ=1", "a%ZZ: malformed percent-encoding"},
           {"%0A%FF=1", "??: unknown query parameter"},
           {"genre=NOVEL", "genre: expected an enum name or number, found \"NOVEL\""},
           {"mask=a,,b", "mask: expected a field mask such as \"name,countryCode\", found \"a,,b\""},
       }) {
    EXPECT_EQ(Query(c.query), c.outcome) << c.query;
  }
}

TEST_F(TranscodeTest, HoldsQueriesToTheDepthLimit) {
  EXPECT_EQ(Decode("GET", "/v1/search?filter.not.nameContains=x", "", 3), "filter { not { name_contains: \"x\" } }");
  EXPECT_EQ(Decode("GET", "/v1/search?filter.not.not.nameContains=x", "", 3),
            "filter.not.not.nameContains: nested deeper than 3 levels");
}

TEST_F(TranscodeTest, BindsThePath) {
  EXPECT_EQ(Decode("GET", "/v1/books/7"), "book_id: 7");
  EXPECT_EQ(Decode("GET", "/v1/shelves/a%20b/books/c%2Fd"), "name: \"shelves/a b/books/c%2Fd\"");
  EXPECT_EQ(Decode("GET", "/v1/files/a/b/c.txt"), "path: \"files/a/b/c.txt\"");
  EXPECT_EQ(Decode("PURGE", "/v1/files/a:purge"), "path: \"files/a\"");
  EXPECT_EQ(Decode("GET", "/v1/books/x"), "book_id: expected an int64, found \"x\"");
  EXPECT_EQ(Decode("GET", "/v1/files/%FF"), "path: invalid UTF-8");
  EXPECT_EQ(Decode("GET", "/v1/files/%"), "path: malformed percent-encoding in the path");
  EXPECT_EQ(Decode("GET", "/v1/books/7?bookId=8"), "book_id: is given by the path or the body, not by the query");
  EXPECT_EQ(Decode("GET", "/v1/books/7?name=x"), "book_id: 7 name: \"x\"");
  EXPECT_EQ(Decode("GET", "/v1/books/7", "{}"), ": this call takes no body");
}

TEST_F(TranscodeTest, BindsAWholeBody) {
  EXPECT_EQ(Decode("POST", "/v1/books/7:lend", R"({"reader":"r","term":"3s"})"),
            "book_id: 7 reader: \"r\" term { seconds: 3 }");
  EXPECT_EQ(Decode("POST", "/v1/books/7:lend"), "book_id: 7");
  EXPECT_EQ(Decode("POST", "/v1/books/7:lend", R"({"bookId":"7"})"), "book_id: 7");
  EXPECT_EQ(Decode("POST", "/v1/books/7:lend", R"({"bookId":"8"})"),
            "book_id: the path says \"7\", the body another value");
  EXPECT_EQ(Decode("POST", "/v1/books/7:lend?reader=x", "{}"), "reader: must be given in the body, not in the query");
  EXPECT_EQ(Decode("POST", "/v1/books/7:lend?nope=x", "{}"), "nope: unknown query parameter");
  EXPECT_EQ(Decode("POST", "/v1/books/7:lend", R"({"reader":1})"), "reader: expected a string, found 1");
}

TEST_F(TranscodeTest, BindsAFieldOfTheBodyAndTheRestByQuery) {
  EXPECT_EQ(Decode("POST", "/v1/shelves/s/books?notify=true", R"({"title":"t"})"),
            "shelf: \"s\" book { title: \"t\" } notify: true");
  EXPECT_EQ(Decode("POST", "/v1/shelves/s/books"), "shelf: \"s\"");
  EXPECT_EQ(Decode("POST", "/v1/shelves/s/books?book.title=x", "{}"),
            "book.title: is given by the path or the body, not by the query");
  EXPECT_EQ(Decode("POST", "/v1/shelves/s/books", R"({"book":{}})"), "book.book: unknown field");
  EXPECT_EQ(Decode("POST", "/v1/shelves/s/books", R"({"author":{"name":true}})"),
            "book.author.name: expected a string, found true");
}

TEST_F(TranscodeTest, DerivesTheMaskOfAPatch) {
  EXPECT_EQ(Decode("PATCH", "/v1/books/7", R"({"title":"t","author":{"name":null},"genre":0})"),
            "book { book_id: 7 title: \"t\" author { } } "
            "update_mask { paths: \"title\" paths: \"author.name\" paths: \"genre\" }");
  // What a client sends along without meaning to change it.
  EXPECT_EQ(Decode("PATCH", "/v1/books/7",
                   R"({"bookId":"7","title":"t","etag":"e","createTime":"1970-01-01T00:00:01Z","isbn":"i"})"),
            "book { book_id: 7 title: \"t\" etag: \"e\" create_time { seconds: 1 } isbn: \"i\" } "
            "update_mask { paths: \"title\" }");
  EXPECT_EQ(Decode("PATCH", "/v1/books/7", R"({"tags":[],"labels":{},"extra":{"a":1}})"),
            "book { book_id: 7 extra { fields { key: \"a\" value { number_value: 1 } } } } "
            "update_mask { paths: \"tags\" paths: \"labels\" paths: \"extra\" }");
  EXPECT_EQ(Decode("PATCH", "/v1/books/7", "{}"), "book { book_id: 7 } update_mask { }");
}

TEST_F(TranscodeTest, KeepsAMaskThatIsGiven) {
  EXPECT_EQ(Decode("PATCH", "/v1/books/7?updateMask=genre", R"({"title":"t"})"),
            "book { book_id: 7 title: \"t\" } update_mask { paths: \"genre\" }");
  EXPECT_EQ(Decode("PUT", "/v1/books/7", R"({"title":"t"})"), "book { book_id: 7 title: \"t\" }");
}

TEST_F(TranscodeTest, EncodesTheResponseOrOneFieldOfIt) {
  testing::ListBooksResponse response;
  response.add_titles("a");
  std::string out;
  ASSERT_TRUE(EncodeRestResponse(*routes_.Find("GET", "/v1/books").binding, response, &out).ok());
  EXPECT_EQ(out, R"({"books":[],"titles":["a"]})");
  out.clear();
  ASSERT_TRUE(EncodeRestResponse(*routes_.Find("GET", "/v1/bookTitles").binding, response, &out).ok());
  EXPECT_EQ(out, R"(["a"])");
}

}  // namespace
}  // namespace smallbiznis::rpc::gateway
