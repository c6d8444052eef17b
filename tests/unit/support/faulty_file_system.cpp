#include "tests/unit/support/faulty_file_system.hpp"

#include "zkbackup/base/error.hpp"

namespace zkb::test {
namespace {

class FaultyFile final : public OutputFile {
 public:
  FaultyFile(FaultyFileSystem& disk, std::unique_ptr<OutputFile> real)
      : disk_{disk}, real_{std::move(real)} {}
  void write(std::span<const std::byte> bytes) override {
    disk_.change("write");
    real_->write(bytes);
  }
  bool clone_from(const Fd& source) override { return real_->clone_from(source); }
  void sync() override {
    disk_.change("sync");
    real_->sync();
  }
  const Fd& descriptor() const noexcept override { return real_->descriptor(); }

 private:
  FaultyFileSystem& disk_;
  std::unique_ptr<OutputFile> real_;
};

}  // namespace

void FaultyFileSystem::make_directory(const fs::path& path, const Attributes& attributes) {
  change("make_directory");
  real_.make_directory(path, attributes);
}

std::unique_ptr<OutputFile> FaultyFileSystem::create_file(const fs::path& path,
                                                          const Attributes& attributes) {
  change("create_file");
  return std::make_unique<FaultyFile>(*this, real_.create_file(path, attributes));
}

std::unique_ptr<OutputFile> FaultyFileSystem::create_unnamed(const fs::path& directory,
                                                             const Attributes& attributes) {
  change("create_unnamed");
  auto file =
      directory == without_unnamed_files ? nullptr : real_.create_unnamed(directory, attributes);
  return file ? std::make_unique<FaultyFile>(*this, std::move(file)) : nullptr;
}

void FaultyFileSystem::name_file(const OutputFile& unnamed, const fs::path& path) {
  change("name_file");
  real_.name_file(unnamed, path);
}

void FaultyFileSystem::make_symlink(const fs::path& target, const fs::path& link) {
  change("make_symlink");
  real_.make_symlink(target, link);
}

void FaultyFileSystem::rename(const fs::path& from, const fs::path& to) {
  change("rename");
  real_.rename(from, to);
}

void FaultyFileSystem::exchange(const fs::path& a, const fs::path& b) {
  change("exchange");
  real_.exchange(a, b);
  if (exchange_lies && fs::exists(a / "snapshot")) {
    throw Error{Kind::Failed, "exchange: Input/output error"};
  }
}

void FaultyFileSystem::sync_directory(const fs::path& path) {
  change("sync_directory");
  real_.sync_directory(path);
}

void FaultyFileSystem::remove(const fs::path& path) {
  change("remove");
  real_.remove(path);
}

}  // namespace zkb::test
