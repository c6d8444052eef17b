#pragma once

#include <functional>

#include "zkbackup/base/file_system.hpp"

namespace zkb::test {

/// The real disk, on which `before_change` is called before each single change with its number (0,
/// 1, 2, ...): it may throw (a full or failing disk) or end the process (a kill, a power cut).
class FaultyFileSystem final : public FileSystem {
 public:
  using Hook = std::function<void(int change, const char* what)>;
  explicit FaultyFileSystem(Hook before_change) : before_change_{std::move(before_change)} {}
  int changes() const noexcept { return changes_; }

  void make_directory(const fs::path&, const Attributes&) override;
  std::unique_ptr<OutputFile> create_file(const fs::path&, const Attributes&) override;
  std::unique_ptr<OutputFile> create_unnamed(const fs::path& directory, const Attributes&) override;
  void name_file(const OutputFile& unnamed, const fs::path&) override;
  void make_symlink(const fs::path& target, const fs::path& link) override;
  void rename(const fs::path& from, const fs::path& to) override;
  void exchange(const fs::path& a, const fs::path& b) override;
  void sync_directory(const fs::path&) override;
  void remove(const fs::path& file_or_empty_directory) override;

  /// Called by its files too.
  void change(const char* what) { before_change_(changes_++, what); }
  /// The exchange is made, and then reported as failed.
  bool exchange_lies = false;
  /// A directory whose file system knows no files without a name.
  fs::path without_unnamed_files;

 private:
  RealFileSystem real_;
  Hook before_change_;
  int changes_ = 0;
};

}  // namespace zkb::test
