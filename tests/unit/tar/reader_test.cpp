#include "tar/reader.hpp"

#include <doctest/doctest.h>

#include "tar/seal.hpp"
#include "tar/writer.hpp"
#include "tests/unit/support/bytes.hpp"
#include "tests/unit/support/foreign_archive.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

struct Read {
  std::vector<std::pair<Member, std::string>> members;
  Sealed sealed = Sealed::No;
};

Read read_all(const Bytes& archive, const ReadLimits& limits = {}) {
  const TempDir dir;
  write_file(dir / "archive", archive);
  const Fd file = open_file(dir / "archive");
  ArchiveReader reader{file, limits};
  Read read;
  Bytes chunk(50);
  while (auto member = reader.next()) {
    std::string content;
    while (const std::size_t count = reader.read(chunk)) {
      content += text_of({chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(count)});
    }
    read.members.emplace_back(*member, content);
  }
  read.sealed = reader.finish();
  return read;
}

Member file_named(const std::string& name, std::size_t size) {
  return {.name = name,
          .size = size,
          .mode = 0640,
          .uid = 1,
          .gid = 2,
          .user = "daemon",
          .group = "bin",
          .mtime = {.tv_sec = 1'700'000'000, .tv_nsec = 123'456'789}};
}

Bytes our_archive(Compression compression) {
  Bytes bytes;
  ArchiveWriter writer{compression, into(bytes)};
  writer.add_directory({.name = "./d", .type = MemberType::Directory, .mode = 0700});
  writer.add_file(file_named("./d/one", 9), pieces_of(bytes_of("first one")));
  writer.add_file(file_named("./d/two", 600), pieces_of(noise(600)));
  writer.finish();
  return bytes;
}

const std::vector<Compression> all_compressions{Compression::None, Compression::Gzip,
                                                Compression::Zstd};

std::string error_of(const Bytes& archive, const ReadLimits& limits = {},
                     Kind kind = Kind::NotValid) {
  try {
    read_all(archive, limits);
    return "no error";
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
}

}  // namespace

TEST_CASE("what was written comes back, attributes to the nanosecond, and sealed") {
  for (const Compression compression : all_compressions) {
    CAPTURE(name_of(compression));
    const Read read = read_all(our_archive(compression));
    REQUIRE(read.members.size() == 3);
    CHECK(read.sealed == Sealed::Yes);
    CHECK(read.members[0].first.type == MemberType::Directory);
    CHECK(read.members[0].first.name == "./d");
    const auto& [member, content] = read.members[1];
    CHECK(content == "first one");
    CHECK(member.name == "./d/one");
    CHECK(member.mode == 0640);
    CHECK(member.uid == 1);
    CHECK(member.user == "daemon");
    CHECK(member.group == "bin");
    CHECK(member.mtime.tv_nsec == 123'456'789);
    CHECK(read.members[2].second == text_of(noise(600)));
  }
}

TEST_CASE("an archive of ours with any byte changed is refused") {
  for (const Compression compression : all_compressions) {
    CAPTURE(name_of(compression));
    const Bytes whole = our_archive(compression);
    for (std::size_t position = 0; position < whole.size(); ++position) {
      for (const std::byte change : {std::byte{0x01}, std::byte{0xFF}}) {
        Bytes changed = whole;
        changed[position] ^= change;
        CAPTURE(position);
        // Either it is refused, or the seal itself no longer looks like one: then the archive
        // counts as unsealed, which the caller refuses because the manifest says that there has to
        // be a seal.
        std::string what;
        Sealed sealed = Sealed::Yes;
        try {
          sealed = read_all(changed).sealed;
        } catch (const Error& error) {
          what = error.what();
        }
        const bool noticed = !what.empty() || sealed == Sealed::No;
        CHECK(noticed);
      }
    }
  }
}

TEST_CASE("an archive of ours that ends anywhere before its end is refused, or has lost its seal") {
  for (const Compression compression : all_compressions) {
    CAPTURE(name_of(compression));
    const Bytes whole = our_archive(compression);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
      bool noticed = true;
      try {
        noticed = read_all(cut).sealed == Sealed::No;
      } catch (const Error&) {
      }
      CHECK(noticed);
      if (size + 2 * seal_size(compression) < whole.size() && compression != Compression::None) {
        CHECK(error_of(cut) != "no error");  // not only unsealed
      }
    }
  }
}

TEST_CASE("two archives glued together are refused") {
  for (const Compression compression : all_compressions) {
    CAPTURE(name_of(compression));
    Bytes glued = our_archive(compression);
    into(glued)(our_archive(compression));
    CHECK(error_of(glued) != "no error");
  }
  Bytes glued = gzipped(foreign_tar(original_members()));
  into(glued)(gzipped(foreign_tar(original_members())));
  CHECK(error_of(glued).find("glued together") != std::string::npos);
}

TEST_CASE("what is no archive is refused with the reason") {
  CHECK(error_of({}).find("empty (0 bytes)") != std::string::npos);
  CHECK(error_of(bytes_of("certainly not an archive")) != "no error");
  CHECK(error_of(noise(5000)) != "no error");
  CHECK(error_of(gzipped(bytes_of("not a tar inside"))) != "no error");
}

TEST_CASE("archives of other tools are read, without a seal") {
  const Read read = read_all(gzipped(foreign_tar(original_members())));
  CHECK(read.sealed == Sealed::No);
  CHECK(read.members.size() == original_members().size());
}

TEST_CASE("a bare tar of another tool that ends between two members is refused") {
  const Bytes whole = foreign_tar({{.name = "./a", .content = std::string(512, 'a')},
                                   {.name = "./b", .content = std::string(512, '\0')}});
  for (const std::size_t size : {1024UL, 2048UL}) {
    const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
    CHECK(error_of(cut).find("end-of-archive marker is missing") != std::string::npos);
  }
}

TEST_CASE("members that could do harm are refused, each with its name and what is wrong") {
  const auto error = [](ForeignMember member) {
    return error_of(foreign_tar({{.name = "./ok", .content = "x"}, std::move(member)}));
  };
  CHECK(error({.name = "/etc/cron.d/x"}).find("absolute") != std::string::npos);
  CHECK(error({.name = "./../x"}).find("'..'") != std::string::npos);
  CHECK(error({.name = "./l", .type = 'l', .target = "/etc"}).find("a symlink") !=
        std::string::npos);
  CHECK(error({.name = "./h", .type = 'h', .target = "./ok"}).find("a hard link to './ok'") !=
        std::string::npos);
  CHECK(error({.name = "./h", .type = 'h', .target = "/etc/shadow"}).find("a hard link") !=
        std::string::npos);
  CHECK(error({.name = "./c", .type = 'c'}).find("a device") != std::string::npos);
  CHECK(error({.name = "./p", .type = 'p'}).find("a fifo") != std::string::npos);
  CHECK(error({.name = "./ok", .content = "y"}).find("twice") != std::string::npos);
  CHECK(error({.name = ".//ok", .content = "y"}).find("twice") != std::string::npos);
  CHECK(error({.name = "./s", .mode = 04755}).find("setuid") != std::string::npos);
  CHECK(error({.name = "./\xFF\xFE"}).find("UTF-8") != std::string::npos);
  CHECK(error({.name = "./c", .type = 'c'}).find("member './c'") != std::string::npos);
}

TEST_CASE("a file that claims more than there is room for is refused before it is read") {
  const Bytes sparse =
      foreign_tar({{.name = "./s", .content = "x", .sparse_size = 5'000'000'000'000}});
  CHECK(sparse.size() < 20'000);
  CHECK(error_of(sparse, {.bytes = 1'000'000}).find("room for") != std::string::npos);
  const Bytes many =
      foreign_tar({{.name = "./a", .content = "1234"}, {.name = "./b", .content = "1234"}});
  CHECK(error_of(many, {.bytes = 7}, Kind::Failed).find("room for") != std::string::npos);
  CHECK(error_of(many, {.bytes = 8}) == "no error");
  CHECK(error_of(many, {.members = 1}).find("more than 1 members") != std::string::npos);
}

TEST_CASE("endless zeros behind the end are not read to their end") {
  Bytes padded = foreign_tar({{.name = "./a", .content = "x"}});
  padded.resize(padded.size() + 20UL * 1024 * 1024);
  CHECK(error_of(gzipped(padded)).find("endless zeros") != std::string::npos);
}

TEST_CASE("a writer that is given up leaves nothing that reads as an archive") {
  Bytes bytes;
  {
    ArchiveWriter writer{Compression::None, into(bytes)};
    writer.add_file(file_named("./a", 3), pieces_of(bytes_of("abc")));
    CHECK_THROWS_WITH_AS(writer.add_file(file_named("./b", 10), pieces_of(bytes_of("short"))),
                         doctest::Contains("ended 5 bytes early"), Error);
  }
  CHECK(error_of(bytes) != "no error");
}

TEST_CASE("an error of the sink comes out of the writer as it is") {
  const ByteSink full = [](auto) { throw Error{Kind::Failed, "no space left"}; };
  const auto write = [&] {
    ArchiveWriter writer{Compression::None, full};
    writer.add_file(file_named("./a", 100'000), pieces_of(noise(100'000), 10'000));
    writer.finish();
  };
  CHECK_THROWS_WITH_AS(write(), doctest::Contains("no space left"), Error);
}
