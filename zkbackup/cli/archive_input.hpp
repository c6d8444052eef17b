#pragma once

#include "zkbackup/base/fd.hpp"
#include "zkbackup/cli/arguments.hpp"
#include "zkbackup/cli/world.hpp"

namespace zkb {

/// A wrong path on the command line, in the original tool's words: "argument backup_path: X does
/// not exist".
UsageError wrong_argument(const Arguments& arguments, std::string_view argument,
                          const fs::path& path, std::string_view what);

/// The archive that a command reads, as a regular file. Standard input ("-") is put into a file
/// without a name first, because an archive is read twice. UsageError for what is no regular file.
Fd open_archive(const Arguments& arguments, const World& world);

}  // namespace zkb
