#pragma once

#include <span>
#include <string>

#include "zkbackup/cli/world.hpp"

namespace zkb {

/// The command dcos-zk: `args` without the program's name, result the exit code. Nothing is thrown;
/// every error is printed here, once.
int run_dcos_zk(std::span<const std::string> args, const World& world);

}  // namespace zkb
