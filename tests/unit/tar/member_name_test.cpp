#include "tar/member_name.hpp"

#include <doctest/doctest.h>

#include "zkbackup/base/error.hpp"

using namespace zkb;

TEST_CASE("a member's name is brought to one form") {
  CHECK(plain_member_name("./a/b") == "./a/b");
  CHECK(plain_member_name("a//b/") == "./a/b");
  CHECK(plain_member_name("././a/./b") == "./a/b");
  CHECK(plain_member_name("./") == ".");
  CHECK(plain_member_name("...") == "./...");
}

TEST_CASE("a member's name that could reach outside, or deceive, is refused") {
  for (const char* const name : {"/etc/passwd", "..", "../x", "a/../../x", "a/..", "./../x"}) {
    CAPTURE(name);
    CHECK_THROWS_WITH_AS(plain_member_name(name), doctest::Contains("outside"), Error);
  }
  CHECK_THROWS_WITH_AS(plain_member_name("a\xFFz"), doctest::Contains("UTF-8"), Error);
  CHECK_THROWS_WITH_AS(plain_member_name("a\nb"), doctest::Contains("control"), Error);
  CHECK_THROWS_WITH_AS(plain_member_name(""), doctest::Contains("no name"), Error);
  CHECK_THROWS_WITH_AS(plain_member_name(std::string(5000, 'a')), doctest::Contains("longer"),
                       Error);
}
