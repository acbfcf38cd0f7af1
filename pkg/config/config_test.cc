#include "pkg/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pkg/config/environment_source.h"
#include "pkg/config/testing.h"

namespace smallbiznis::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What Load says about one setting; "" when it takes it.
std::string Complaint(const std::string& key, const std::string& text) {
  return std::string(LoadSettings({{key, text}}).status().message());
}

class UnreachableSource final : public Source {
 public:
  std::string_view name() const override { return "consul"; }
  absl::StatusOr<std::vector<Entry>> Read() override { return absl::UnavailableError("consul 10.0.0.1:8500: timeout"); }
};

TEST(ConfigTest, DefaultsOfEveryType) {
  const Config config = LoadSettings({}).value();
  EXPECT_EQ(config.String("HTTP_SERVER.ADDR"), ":8080");
  EXPECT_EQ(config.String("GRPC_SERVER.ADDR"), ":9090");
  EXPECT_EQ(config.Int("DATABASE.PORT"), 5432);
  EXPECT_FALSE(config.Bool("HTTP_SERVER.TLS.ENABLE"));
  EXPECT_EQ(config.Duration("REQUEST_TIMEOUT"), absl::Seconds(30));
  EXPECT_EQ(config.String("LOG.LEVEL"), "info");
  EXPECT_THAT(config.Strings("HTTP_SERVER.CORS_ALLOWED_ORIGINS"), IsEmpty());
}

TEST(ConfigTest, ValuesOfEveryType) {
  const Config config =
      LoadSettings({{"DATABASE.HOST", "db"},
                    {"DATABASE.PORT", "65535"},
                    {"TLS.CERT_PATH", "/c"},
                    {"TLS.KEY_PATH", "/k"},
                    {"HTTP_SERVER.TLS.ENABLE", "TRUE"},
                    {"REQUEST_TIMEOUT", "1m30s"},
                    {"HTTP_SERVER.READ_TIMEOUT", "500ms"},
                    {"LOG.LEVEL", "warn"},
                    {"HTTP_SERVER.CORS_ALLOWED_ORIGINS", " https://a.example, http://localhost:3000 "}})
          .value();
  EXPECT_EQ(config.String("DATABASE.HOST"), "db");
  EXPECT_EQ(config.Int("DATABASE.PORT"), 65535);
  EXPECT_TRUE(config.Bool("HTTP_SERVER.TLS.ENABLE"));
  EXPECT_EQ(config.Duration("REQUEST_TIMEOUT"), absl::Seconds(90));
  EXPECT_EQ(config.Duration("HTTP_SERVER.READ_TIMEOUT"), absl::Milliseconds(500));
  EXPECT_EQ(config.String("LOG.LEVEL"), "warn");
  EXPECT_THAT(config.Strings("HTTP_SERVER.CORS_ALLOWED_ORIGINS"),
              ElementsAre("https://a.example", "http://localhost:3000"));
}

TEST(ConfigTest, WrongValuesAreNamedWithWhatIsExpected) {
  const struct {
    std::string key, text, expected;
  } cases[] = {
      {"DATABASE.PORT", "abc", R"(fixed DATABASE.PORT: "abc" is not a whole number (1 to 65535))"},
      {"DATABASE.PORT", "", R"(fixed DATABASE.PORT: "" is not a whole number (1 to 65535))"},
      {"DATABASE.PORT", "54.32", R"(fixed DATABASE.PORT: "54.32" is not a whole number (1 to 65535))"},
      {"DATABASE.PORT", " 5432", R"(fixed DATABASE.PORT: " 5432" is not a whole number (1 to 65535))"},
      {"DATABASE.PORT", "0", R"(fixed DATABASE.PORT: "0" is out of range (1 to 65535))"},
      {"DATABASE.PORT", "1", ""},
      {"DATABASE.PORT", "65535", ""},
      {"DATABASE.PORT", "65536", R"(fixed DATABASE.PORT: "65536" is out of range (1 to 65535))"},
      {"DATABASE.PORT", "-1", R"(fixed DATABASE.PORT: "-1" is out of range (1 to 65535))"},
      {"DATABASE.PORT", "99999999999999999999",
       R"(fixed DATABASE.PORT: "99999999999999999999" is out of range (1 to 65535))"},
      {"DATABASE.PORT", "99999999999999999999x",
       R"(fixed DATABASE.PORT: "99999999999999999999x" is not a whole number (1 to 65535))"},
      {"GRPC_SERVER.TLS.ENABLE", "yes", R"(fixed GRPC_SERVER.TLS.ENABLE: "yes" is not true or false)"},
      {"REQUEST_TIMEOUT", "30",
       R"(fixed REQUEST_TIMEOUT: "30" is not a duration such as 30s, 1m30s or 500ms (10ms to 1h))"},
      {"REQUEST_TIMEOUT", "1 day",
       R"(fixed REQUEST_TIMEOUT: "1 day" is not a duration such as 30s, 1m30s or 500ms (10ms to 1h))"},
      {"REQUEST_TIMEOUT", "9ms", R"(fixed REQUEST_TIMEOUT: "9ms" is out of range (10ms to 1h))"},
      {"REQUEST_TIMEOUT", "10ms", ""},
      {"REQUEST_TIMEOUT", "1h", ""},
      {"REQUEST_TIMEOUT", "3600001ms", R"(fixed REQUEST_TIMEOUT: "3600001ms" is out of range (10ms to 1h))"},
      {"REQUEST_TIMEOUT", "-5s", R"(fixed REQUEST_TIMEOUT: "-5s" is out of range (10ms to 1h))"},
      {"REQUEST_TIMEOUT", "inf", R"(fixed REQUEST_TIMEOUT: "inf" is out of range (10ms to 1h))"},
      {"LOG.LEVEL", "loud", R"(fixed LOG.LEVEL: "loud" is not one of debug, info, warn, error)"},
      {"HTTP_SERVER.ADDR", "localhost", R"(fixed HTTP_SERVER.ADDR: "localhost" is not host:port or :port)"},
      {"REDIS.ADDR", ":6379", R"(fixed REDIS.ADDR: ":6379" is not host:port or a redis URI)"},
      {"ROOT_DOMAIN", "Shop.Example", R"(fixed ROOT_DOMAIN: "Shop.Example" is not a domain name in lower case)"},
      {"HTTP_SERVER.CORS_ALLOWED_ORIGINS", "https://a.example,b.example",
       R"(fixed HTTP_SERVER.CORS_ALLOWED_ORIGINS: "b.example" is not an origin such as https://shop.example, or *)"},
      {"LOG.LEVEL", "a\nb\x7f", R"(fixed LOG.LEVEL: "a\x0ab\x7f" is not one of debug, info, warn, error)"},
      {"LOG.LEVEL", std::string(65, 'x'),
       "fixed LOG.LEVEL: \"" + std::string(64, 'x') + "...\" is not one of debug, info, warn, error"},
  };
  for (const auto& row : cases) EXPECT_EQ(Complaint(row.key, row.text), row.expected);
}

TEST(ConfigTest, UnknownKeysAreNamedWithTheNearest) {
  EXPECT_EQ(Complaint("DATABASE.PROT", "1"), "fixed DATABASE.PROT is not a known key; did you mean DATABASE.PORT?");
  EXPECT_EQ(Complaint("COLOUR", "red"), "fixed COLOUR is not a known key");
  EXPECT_EQ(Complaint("DATABASE", "x"), "fixed DATABASE is a section: its keys stand below it");
}

TEST(ConfigTest, LaterSourcesWin) {
  FixedSource file(
      FixedSource::Settings{{"DATABASE.HOST", "from-file"}, {"DATABASE.USER", "from-file"}, {"LOG.LEVEL", "debug"}});
  EnvironmentSource environment(
      EnvironmentSource::Variables{{"DATABASE_HOST", "from-env"}, {"DATABASE_USER", "from-env"}});
  FixedSource remote(FixedSource::Settings{{"DATABASE.HOST", "from-remote"}});
  Source* const sources[] = {&file, &environment, &remote};
  const Config config = Config::Load(sources).value();
  EXPECT_EQ(config.String("DATABASE.HOST"), "from-remote");
  EXPECT_EQ(config.String("DATABASE.USER"), "from-env");
  EXPECT_EQ(config.String("LOG.LEVEL"), "debug");
  EXPECT_EQ(config.String("DATABASE.DBNAME"), "smallbiznis");
}

TEST(ConfigTest, EverythingThatIsWrongIsListedALineEach) {
  FixedSource file(FixedSource::Settings{{"DATABASE.PORT", "abc"}, {"LOG.LEVLE", "info"}, {"LOG.LEVEL", "info"}});
  EnvironmentSource environment(EnvironmentSource::Variables{{"REDIS_DB", "x"}});
  UnreachableSource remote;
  Source* const sources[] = {&file, &environment, &remote};
  const absl::Status status = Config::Load(sources).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "fixed DATABASE.PORT: \"abc\" is not a whole number (1 to 65535)\n"
            "fixed LOG.LEVLE is not a known key; did you mean LOG.LEVEL?\n"
            "environment REDIS_DB: \"x\" is not a whole number (0 to 65535)\n"
            "consul 10.0.0.1:8500: timeout");
}

TEST(ConfigTest, AWrongValueIsAnErrorEvenWhereALaterSourceOverridesIt) {
  FixedSource file(FixedSource::Settings{{"DATABASE.PORT", "abc"}});
  EnvironmentSource environment(EnvironmentSource::Variables{{"DATABASE_PORT", "5432"}});
  Source* const sources[] = {&file, &environment};
  EXPECT_FALSE(Config::Load(sources).ok());
}

TEST(ConfigTest, TlsNeedsItsFiles) {
  EXPECT_EQ(Complaint("HTTP_SERVER.TLS.ENABLE", "true"),
            "fixed HTTP_SERVER.TLS.ENABLE: needs TLS.CERT_PATH\nfixed HTTP_SERVER.TLS.ENABLE: needs TLS.KEY_PATH");
  EXPECT_EQ(LoadSettings({{"GRPC_SERVER.TLS.ENABLE", "true"}, {"TLS.CERT_PATH", "/c"}}).status().message(),
            "fixed GRPC_SERVER.TLS.ENABLE: needs TLS.KEY_PATH");
}

TEST(ConfigTest, InvalidSaysWhereTheValueCameFrom) {
  const Config config = LoadSettings({{"TLS.CERT_PATH", "/c"}}).value();
  const absl::Status status = config.Invalid("TLS.CERT_PATH", "no such file");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "fixed TLS.CERT_PATH: no such file");
  EXPECT_EQ(config.Invalid("SECRET_AES", "is not set").message(), "SECRET_AES: is not set");
}

TEST(ConfigTest, ASecretOfTheWrongShapeIsNotRepeated) {
  EnvironmentSource environment(
      EnvironmentSource::Variables{{"SECRET_AES_", "hunter2"}, {"DATABASE_PASSWROD", "hunter2"}});
  Source* const sources[] = {&environment};
  const absl::Status status = Config::Load(sources).status();
  EXPECT_EQ(status.message(), "environment DATABASE_PASSWROD is not a known key; did you mean DATABASE_PASSWORD?");
}

using ConfigDeathTest = ::testing::Test;

TEST(ConfigDeathTest, AskingForAnUndeclaredKeyEndsTheProgram) {
  const Config config = LoadSettings({}).value();
  EXPECT_DEATH(config.String("DATABASE.HOTS"), "config: DATABASE.HOTS is not declared in keys.cc");
  EXPECT_DEATH(config.String("DATABASE"), "config: DATABASE is not declared in keys.cc");
  EXPECT_DEATH(config.Int("DATABASE.HOST"), "config: DATABASE.HOST is declared with another type");
}

}  // namespace
}  // namespace smallbiznis::config
