#include "zkbackup/zookeeper/manifest.hpp"

#include <doctest/doctest.h>

#include "zkbackup/base/error.hpp"

using namespace zkb;

namespace {

Manifest example() {
  return {.tool_version = "1.0.0",
          .host = "m1",
          .unit = "dcos-exhibitor.service",
          .time = std::chrono::system_clock::time_point{std::chrono::seconds{1'700'000'000}},
          .accepted_epoch = "3",
          .current_epoch = std::nullopt,
          .members = {{.name = "./a", .size = 1, .sha256 = {std::byte{1}}},
                      {.name = "./b", .size = 2, .sha256 = {std::byte{2}}}}};
}

}  // namespace

TEST_CASE("a manifest comes back from its JSON") {
  const Manifest manifest = parse_manifest(to_json(example()));
  CHECK(manifest.tool_version == "1.0.0");
  CHECK(manifest.host == "m1");
  CHECK(manifest.unit == "dcos-exhibitor.service");
  CHECK(utc_text(manifest.time) == "2023-11-14T22:13:20Z");
  CHECK(manifest.accepted_epoch == "3");
  CHECK_FALSE(manifest.current_epoch);
  CHECK(manifest.members == example().members);
}

TEST_CASE("what is no manifest is refused, not believed") {
  for (
      const char* const text :
      {"", "{}", "[]", "null", R"({"format":"1"})", "not json", R"({"format":1,"toolVersion":5})",
       R"({"format":1,"toolVersion":"","host":"","unit":"","time":"yesterday","members":[]})",
       R"({"format":1,"toolVersion":"","host":"","unit":"","time":"2023-11-14T22:13:20Z","members":[{"name":"a","size":-1,"sha256":"00"}]})",
       R"({"format":1,"toolVersion":"","host":"","unit":"","time":"2023-11-14T22:13:20Z","members":[{"name":"a","size":1,"sha256":"zz"}]})"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_manifest(text), Error);
  }
  CHECK_THROWS_WITH_AS(parse_manifest("{\"format\":2}"), doctest::Contains("format 2"), Error);
}

TEST_CASE("a small text that would become a large tree is given up early") {
  CHECK_THROWS_WITH_AS(parse_manifest(std::string(1'000'000, '[')), doctest::Contains("nested"),
                       Error);
  std::string many = "[0";
  for (int i = 0; i < 1'200'000; ++i) {
    many += ",0";
  }
  CHECK_THROWS_WITH_AS(parse_manifest(many + "]"), doctest::Contains("filled"), Error);
}

TEST_CASE("every difference between manifest and archive is found and named") {
  const Manifest manifest = example();
  auto found = manifest.members;
  CHECK_NOTHROW(check_against(manifest, found));
  found[1].sha256[31] = std::byte{9};
  CHECK_THROWS_WITH_AS(check_against(manifest, found), doctest::Contains("'./b' is not what"),
                       Error);
  found.pop_back();
  CHECK_THROWS_WITH_AS(check_against(manifest, found),
                       doctest::Contains("'./b' is in the manifest, but not"), Error);
  found = manifest.members;
  found.push_back({.name = "./c", .size = 0, .sha256 = {}});
  CHECK_THROWS_WITH_AS(check_against(manifest, found),
                       doctest::Contains("'./c' is not in the manifest"), Error);
}
