// The way in: one pass over the text, straight into the message. Internal to the room; json.h is its door.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "pkg/rpc/json/json.h"
#include "pkg/rpc/json/reader.h"
#include "pkg/rpc/json/scalar.h"
#include "pkg/rpc/json/schema.h"

namespace smallbiznis::rpc::json {

// For one text; used once.
class Parser {
 public:
  Parser(std::string_view text, const ParseOptions& options) : reader_(text), max_depth_(options.max_depth) {}

  // The whole text as `message`, or as one field of it, which are empty.
  absl::Status ParseRoot(google::protobuf::Message* message);
  absl::Status ParseRootField(const google::protobuf::FieldDescriptor* field, google::protobuf::Message* message);

 private:
  using Token = Reader::Token;

  // Where the parser is: a chain on the stack, made into text only for an error.
  struct Frame {
    enum class Kind { kField, kKey, kIndex };
    const Frame* parent;
    Kind kind;
    std::string_view name;
    int index;
  };
  class Scope {
   public:
    Scope(Parser* parser, Frame::Kind kind, std::string_view name, int index = 0)
        : parser_(parser), frame_{parser->frame_, kind, name, index} {
      parser_->frame_ = &frame_;
    }
    ~Scope() { parser_->frame_ = frame_.parent; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    void set_index(int index) { frame_.index = index; }

   private:
    Parser* const parser_;
    Frame frame_;
  };

  // Objects and arrays: `on_member(name)` and `on_element()` read one value each. `name` lives until the next string is
  // read.
  template <class OnMember>
  absl::Status Members(OnMember on_member);
  template <class OnElement>
  absl::Status Elements(OnElement on_element);

  absl::Status End();
  absl::Status ReadMessage(const Schema& schema, google::protobuf::Message* message);
  absl::Status ReadPlain(const Schema& schema, google::protobuf::Message* message, bool in_any);
  absl::Status ReadField(const FieldSchema& field, google::protobuf::Message* message);
  absl::Status ReadOne(const FieldSchema& field, google::protobuf::Message* message);
  absl::Status ReadList(const FieldSchema& field, google::protobuf::Message* message);
  absl::Status ReadMap(const FieldSchema& field, google::protobuf::Message* message);
  absl::Status ReadScalar(const FieldSchema& field, google::protobuf::Message* message);
  absl::Status ReadText(std::string_view* out);

  // parser_well_known.cc
  absl::Status ReadString(Form form, google::protobuf::Message* message);
  absl::Status ReadStruct(google::protobuf::Struct* value);
  absl::Status ReadListValue(google::protobuf::ListValue* value);
  absl::Status ReadValue(google::protobuf::Value* value);
  absl::Status ReadJsonObject(const FieldSchema& text, google::protobuf::Message* message);
  absl::Status ReadAny(google::protobuf::Any* any);
  absl::Status FindType(std::string* type_url);
  absl::Status ReadAnyValue(const Schema& schema, google::protobuf::Message* message);

  absl::Status Expect(Token token, std::string_view expected);
  absl::Status Mismatch(std::string_view expected);
  absl::Status Fail(std::string_view description) const;
  absl::Status FailMember(std::string_view name, std::string_view description);
  // What the reader has found wrong.
  absl::Status ReaderFault() const;
  absl::Status Syntax(std::string_view problem);
  absl::Status TooDeep() const;
  std::string Path() const;
  std::string DescribeNext();

  Reader reader_;
  const int max_depth_;
  int depth_ = 0;
  const Frame* frame_ = nullptr;
};

template <class OnMember>
absl::Status Parser::Members(OnMember on_member) {
  if (depth_ == max_depth_) return TooDeep();
  ++depth_;
  reader_.Consume('{');
  if (!reader_.Consume('}')) {
    do {
      if (reader_.Peek() != Token::kString) return Syntax("expected a string as key");
      std::string_view name;
      if (!reader_.ReadString(&name)) return ReaderFault();
      // The colon is looked for first, so that the member reads its value and nothing else.
      if (!reader_.Consume(':')) return Syntax("expected ':'");
      if (absl::Status status = on_member(name); !status.ok()) return status;
    } while (reader_.Consume(','));
    if (!reader_.Consume('}')) return Syntax("expected ',' or '}'");
  }
  --depth_;
  return absl::OkStatus();
}

template <class OnElement>
absl::Status Parser::Elements(OnElement on_element) {
  if (depth_ == max_depth_) return TooDeep();
  ++depth_;
  reader_.Consume('[');
  if (!reader_.Consume(']')) {
    Scope scope(this, Frame::Kind::kIndex, "");
    int index = 0;
    do {
      scope.set_index(index++);
      if (absl::Status status = on_element(); !status.ok()) return status;
    } while (reader_.Consume(','));
    if (!reader_.Consume(']')) return Syntax("expected ',' or ']'");
  }
  --depth_;
  return absl::OkStatus();
}

}  // namespace smallbiznis::rpc::json
