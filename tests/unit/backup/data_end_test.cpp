#include "zkbackup/backup/data_end.hpp"

#include <doctest/doctest.h>

#include "tests/unit/support/bytes.hpp"

using namespace zkb;
using namespace zkb::test;

TEST_CASE(
    "the data of a file ends after its last byte that is not zero, whatever holes and zeros "
    "follow") {
  const TempDir dir;
  const auto end_of = [&](const std::string& content, std::uintmax_t hole) {
    write_file(dir / "f", content);
    fs::resize_file(dir / "f", content.size() + hole);
    return end_of_data(open_file(dir / "f"));
  };
  CHECK(end_of("", 0) == 0);
  CHECK(end_of("", 1'000'000) == 0);
  CHECK(end_of("abc", 0) == 3);
  CHECK(end_of("abc", 67'108'880) == 3);
  CHECK(end_of(std::string(300'000, '\0'), 0) == 0);
  CHECK(end_of("x" + std::string(300'000, '\0'), 5'000'000) == 1);
  CHECK(end_of(std::string(200'000, 'x') + std::string(65'536, '\0') + "y", 100) == 265'537);
  CHECK(end_of(std::string(65'536, '\0') + "y" + std::string(65'536, '\0'), 0) == 65'537);
}
