#include "tests/unit/support/foreign_archive.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>

namespace zkb::test {
namespace {

struct FreeArchive {
  void operator()(archive* handle) const noexcept { archive_write_free(handle); }
};
struct FreeEntry {
  void operator()(archive_entry* handle) const noexcept { archive_entry_free(handle); }
};

void check(archive* handle, la_ssize_t result) {
  if (result < ARCHIVE_WARN) {
    throw std::runtime_error{archive_error_string(handle)};
  }
}

unsigned file_type(char type) {
  switch (type) {
    case 'd':
      return AE_IFDIR;
    case 'l':
      return AE_IFLNK;
    case 'c':
      return AE_IFCHR;
    case 'p':
      return AE_IFIFO;
    default:
      return AE_IFREG;
  }
}

std::unique_ptr<archive_entry, FreeEntry> make_entry(const ForeignMember& member) {
  std::unique_ptr<archive_entry, FreeEntry> entry{archive_entry_new()};
  archive_entry_set_pathname(entry.get(), member.name.c_str());
  archive_entry_set_filetype(entry.get(), file_type(member.type));
  archive_entry_set_perm(entry.get(), member.mode);
  archive_entry_set_mtime(entry.get(), 1'700'000'000, 0);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.content.size()));
  if (member.type == 'l') {
    archive_entry_set_symlink(entry.get(), member.target.c_str());
  } else if (member.type == 'h') {
    archive_entry_set_hardlink(entry.get(), member.target.c_str());
  }
  if (member.sparse_size != 0) {
    archive_entry_set_size(entry.get(), member.sparse_size);
    archive_entry_sparse_add_entry(entry.get(), 0, static_cast<la_int64_t>(member.content.size()));
  }
  return entry;
}

la_ssize_t append(archive* /*handle*/, void* bytes, const void* more, std::size_t count) {
  into (*static_cast<Bytes*>(bytes))({static_cast<const std::byte*>(more), count});
  return static_cast<la_ssize_t>(count);
}

}  // namespace

Bytes foreign_tar(const std::vector<ForeignMember>& members) {
  Bytes bytes;
  const std::unique_ptr<archive, FreeArchive> handle{archive_write_new()};
  bool pax = false;
  for (const ForeignMember& member : members) {
    pax = pax || member.sparse_size != 0;
  }
  check(handle.get(), pax ? archive_write_set_format_pax(handle.get())
                          : archive_write_set_format_gnutar(handle.get()));
  check(handle.get(), archive_write_open2(handle.get(), &bytes, nullptr, append, nullptr, nullptr));
  for (const ForeignMember& member : members) {
    check(handle.get(), archive_write_header(handle.get(), make_entry(member).get()));
    if (member.type == 'f') {
      check(handle.get(),
            archive_write_data(handle.get(), member.content.data(), member.content.size()));
    }
  }
  check(handle.get(), archive_write_close(handle.get()));
  return bytes;
}

Bytes gzipped(const Bytes& bytes) {
  Bytes compressed;
  const auto compressor = make_compressor(Compression::Gzip, into(compressed));
  compressor->write(bytes);
  compressor->finish();
  return compressed;
}

std::vector<ForeignMember> original_members() {
  return {{.name = "./zookeeper", .type = 'd', .mode = 0700},
          {.name = "./zookeeper/snapshot", .type = 'd', .mode = 0700},
          {.name = "./zookeeper/snapshot/version-2", .type = 'd', .mode = 0700},
          {.name = "./zookeeper/snapshot/version-2/currentEpoch", .content = "1"},
          {.name = "./zookeeper/snapshot/version-2/snapshot.5", .content = "ZKSN original"},
          {.name = "./zookeeper/transactions", .type = 'd', .mode = 0700},
          {.name = "./zookeeper/transactions/version-2", .type = 'd', .mode = 0700},
          {.name = "./zookeeper/transactions/version-2/log.6",
           .content = "ZKLG" + std::string(12, '\0') + "record" + std::string(1000, '\0')}};
}

}  // namespace zkb::test
