#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "zkbackup/base/error.hpp"

namespace zkb::test {

/// `body` throws an Error of this kind that says all of `words`, and a next step.
template <typename Body>
void check_error(Kind kind, std::initializer_list<std::string_view> words, Body&& body) {
  try {
    std::forward<Body>(body)();
    FAIL_CHECK("no error");
  } catch (const Error& error) {
    const std::string text{error.what()};
    CAPTURE(text);
    CHECK(error.kind() == kind);
    for (const std::string_view word : words) {
      CAPTURE(word);
      CHECK(text.find(word) != std::string::npos);
    }
    CHECK_FALSE(error.next_step().empty());
  }
}

}  // namespace zkb::test
