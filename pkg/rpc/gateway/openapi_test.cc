#include "pkg/rpc/gateway/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "pkg/rpc/gateway/testing.h"

namespace smallbiznis::rpc::gateway {
namespace {

using ::testing::ElementsAre;
using Json = nlohmann::json;

const std::string kPackage = "smallbiznis.rpc.gateway.testing.";

class OpenApiTest : public ::testing::Test {
 protected:
  // "name in[ required]" of each parameter.
  std::vector<std::string> Parameters(const std::string& path, const std::string& verb) {
    std::vector<std::string> out;
    for (const Json& parameter : document_["paths"][path][verb]["parameters"]) {
      out.push_back(parameter["name"].get<std::string>() + " " + parameter["in"].get<std::string>() +
                    (parameter.value("required", false) ? " required" : ""));
    }
    return out;
  }

  Library library_;
  Json document_ = Json::parse(OpenApi({.title = "library", .version = "1"}, library_.router()));
};

TEST_F(OpenApiTest, IsTheSameEachTime) {
  EXPECT_EQ(OpenApi({.title = "a", .version = "1"}, library_.router()),
            OpenApi({.title = "a", .version = "1"}, Library().router()));
  EXPECT_EQ(document_["openapi"], "3.1.0");
}

TEST_F(OpenApiTest, HasEveryBinding) {
  std::vector<std::string> operations;
  for (const auto& [path, verbs] : document_["paths"].items()) {
    for (const auto& [verb, operation] : verbs.items()) {
      operations.push_back(verb + " " + path + " " + operation["operationId"].get<std::string>());
    }
  }
  EXPECT_THAT(
      operations,
      ::testing::UnorderedElementsAre(
          "get /v1/books LibraryService_ListBooks", "get /v1/bookTitles LibraryService_ListBooks2",
          "get /v1/books/{book_id} LibraryService_GetBook", "delete /v1/books/{book_id} LibraryService_DeleteBook",
          "patch /v1/books/{book_id} LibraryService_UpdateBook", "put /v1/books/{book_id} LibraryService_UpdateBook2",
          "post /v1/books/{book_id}:lend LibraryService_LendBook",
          "get /v1/shelves/{name_2}/books/{name_4} LibraryService_GetBook2",
          "post /v1/shelves/{shelf}/books LibraryService_CreateBook", "get /v1/files/{path} LibraryService_ReadFile",
          "get /v1/search LibraryService_Search", "post /v1/fail LibraryService_Fail"));
}

TEST_F(OpenApiTest, ListsParameters) {
  EXPECT_THAT(Parameters("/v1/books/{book_id}", "get"), ElementsAre("book_id path required", "name query"));
  EXPECT_THAT(Parameters("/v1/books/{book_id}", "patch"),
              ElementsAre("book_id path required", "updateMask query", "allowMissing query"));
  EXPECT_THAT(Parameters("/v1/books/{book_id}:lend", "post"), ElementsAre("book_id path required"));
  EXPECT_THAT(Parameters("/v1/shelves/{shelf}/books", "post"), ElementsAre("shelf path required", "notify query"));
  const auto search = Parameters("/v1/search", "get");
  EXPECT_THAT(search, ::testing::Contains("filter.nameContains query"));
  EXPECT_THAT(search, ::testing::Contains("filter.genres query"));
  EXPECT_THAT(search, ::testing::Contains("timestamp query"));
  for (const char* absent : {"labels query", "filters query", "struct query"}) {
    EXPECT_THAT(search, ::testing::Not(::testing::Contains(absent)));
  }
}

TEST_F(OpenApiTest, LeavesPathVariablesOutOfTheBody) {
  const Json& body = document_["paths"]["/v1/books/{book_id}:lend"]["post"]["requestBody"];
  const Json& schema = body["content"]["application/json"]["schema"];
  EXPECT_TRUE(schema["properties"].contains("reader"));
  EXPECT_FALSE(schema["properties"].contains("bookId"));
  EXPECT_EQ(schema["required"], Json({"reader"}));
  const Json& fail = document_["paths"]["/v1/fail"]["post"]["requestBody"]["content"]["application/json"]["schema"];
  EXPECT_EQ(fail["$ref"], "#/components/schemas/" + kPackage + "FailRequest");
}

TEST_F(OpenApiTest, DescribesMessages) {
  const Json& book = document_["components"]["schemas"][kPackage + "Book"];
  EXPECT_EQ(book["required"], Json({"title"}));
  EXPECT_EQ(book["properties"]["bookId"], Json({{"type", "string"}, {"format", "int64"}}));
  EXPECT_EQ(book["properties"]["createTime"]["readOnly"], true);
  EXPECT_EQ(book["properties"]["genre"]["$ref"], "#/components/schemas/" + kPackage + "Genre");
  EXPECT_EQ(book["properties"]["labels"]["additionalProperties"]["type"], "string");
  EXPECT_EQ(document_["components"]["schemas"][kPackage + "Genre"]["enum"],
            Json({"GENRE_UNSPECIFIED", "FICTION", "POETRY"}));
  const Json& titles = document_["paths"]["/v1/bookTitles"]["get"]["responses"]["200"]["content"]["application/json"];
  EXPECT_EQ(titles["schema"]["items"]["type"], "string");
  EXPECT_TRUE(document_["components"]["schemas"].contains("google.rpc.Status"));
}

}  // namespace
}  // namespace smallbiznis::rpc::gateway
