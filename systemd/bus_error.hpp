#pragma once

#include <string_view>

#include "zkbackup/base/error.hpp"

namespace zkb {

/// An error of the bus or of systemd as an administrator can read it: its own message and name, and
/// a next step where one is known. Unsafe where the unit itself forbids the call, Failed for
/// everything else. `name` is a D-Bus error name ("org.freedesktop.systemd1.NoSuchUnit",
/// "System.Error.ECONNREFUSED").
Error bus_error(std::string_view name, std::string_view message);

}  // namespace zkb
