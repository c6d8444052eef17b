#pragma once

#include "zkbackup/cli/arguments.hpp"
#include "zkbackup/cli/world.hpp"

namespace zkb {

/// Carries one command out and returns its exit code: 0, or 5 where something was done and
/// something was not. Every other failure is thrown.
int carry_out(const Arguments& arguments, const World& world);

}  // namespace zkb
