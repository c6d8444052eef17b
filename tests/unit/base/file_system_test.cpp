#include "zkbackup/base/file_system.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/support/bytes.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

TEST_CASE(
    "nothing is ever replaced: not by a new file, not by a rename, not by a name for an unnamed "
    "file") {
  const TempDir dir;
  RealFileSystem disk;
  write_file(dir / "there", "kept");
  write_file(dir / "other", "other");
  CHECK_THROWS_WITH_AS(disk.create_file(dir / "there", {}), doctest::Contains("File exists"),
                       Error);
  CHECK_THROWS_WITH_AS(disk.rename(dir / "other", dir / "there"), doctest::Contains("File exists"),
                       Error);
  const auto unnamed = disk.create_unnamed(dir.path(), {});
  REQUIRE(unnamed);
  CHECK_THROWS_WITH_AS(disk.name_file(*unnamed, dir / "there"), doctest::Contains("File exists"),
                       Error);
  CHECK(text_of(read_file(dir / "there")) == "kept");
}

TEST_CASE("a file has its owner, mode and time once it is synced") {
  const TempDir dir;
  RealFileSystem disk;
  const auto file = disk.create_file(
      dir / "f",
      {.mode = 0640, .uid = 12, .gid = 34, .mtime = timespec{.tv_sec = 5, .tv_nsec = 6}});
  file->write(bytes_of("x"));
  file->sync();
  struct stat status {};
  REQUIRE(stat((dir / "f").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
  CHECK(status.st_uid == 12);
  CHECK(status.st_gid == 34);
  CHECK(status.st_mtim.tv_sec == 5);
  CHECK(status.st_mtim.tv_nsec == 6);
}

TEST_CASE("an exchange swaps two directories and leaves both") {
  const TempDir dir;
  RealFileSystem disk;
  write_file(dir / "a/name", "a");
  write_file(dir / "b/name", "b");
  disk.exchange(dir / "a", dir / "b");
  CHECK(text_of(read_file(dir / "a/name")) == "b");
  CHECK(text_of(read_file(dir / "b/name")) == "a");
}

TEST_CASE("only what is named .partial can be removed with all that is in it") {
  const TempDir dir;
  RealFileSystem disk;
  write_file(dir / "outside", "kept");
  write_file(dir / "x.partial/deep/file", "x");
  fs::create_symlink(dir / "outside", dir / "x.partial/link");
  fs::create_directory_symlink(dir.path(), dir / "x.partial/loop");
  remove_partial(disk, dir / "x.partial");
  CHECK_FALSE(fs::exists(dir / "x.partial"));
  CHECK(text_of(read_file(dir / "outside")) == "kept");
  remove_partial(disk, dir / "x.partial");  // nothing there: nothing to do
  write_file(dir / "previous/file", "x");
  CHECK_THROWS_AS(remove_partial(disk, dir / "previous"), std::logic_error);
  CHECK(fs::exists(dir / "previous/file"));
}
