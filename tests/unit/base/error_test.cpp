#include "zkbackup/base/error.hpp"

#include <doctest/doctest.h>

using namespace zkb;

TEST_CASE("an error's text grows outwards, from the cause to the command") {
  try {
    in_step("restore", [] {
      in_step("member 'x'", [] {
        throw Error{Kind::NotValid, "96 bytes at offset 48, 12 left", "take another"};
      });
    });
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(std::string{error.what()} == "restore: member 'x': 96 bytes at offset 48, 12 left");
    CHECK(error.exit_code() == 4);
    CHECK(error.next_step() == "take another");
  }
}

TEST_CASE("an interruption's exit code is 128 and the signal, and it keeps it through contexts") {
  try {
    in_step("backup", [] { throw Interrupted{15}; });
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.exit_code() == 143);
    CHECK(std::string{error.what()} == "backup: interrupted by SIGTERM");
  }
}

TEST_CASE("a failed system call names action, path and reason") {
  CHECK(std::string{system_error("open", "/x", ENOENT).what()} ==
        "open '/x': No such file or directory");
}

TEST_CASE("printable text cannot break a terminal, and keeps what is UTF-8") {
  CHECK(printable("plain") == "plain");
  CHECK(printable("żółw €𐍈") == "żółw €𐍈");
  CHECK(printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
  CHECK(printable("\xC3(") == "\\xc3(");
  CHECK(printable("\xC0\xAF") == "\\xc0\\xaf");           // overlong
  CHECK(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(printable("\xC2\x9B"
                  "31m") ==
        "\\xc2\\x9b"
        "31m");                                  // a control character of 8 bits
  CHECK(printable("\xE2\x82") == "\\xe2\\x82");  // cut off
}
