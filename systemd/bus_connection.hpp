#pragma once

#include <chrono>
#include <memory>

namespace sdbus {
class IConnection;
}  // namespace sdbus

namespace zkb {

using Deadline = std::chrono::steady_clock::time_point;

/// A connection to the system bus, or to the one that DBUS_SYSTEM_BUS_ADDRESS names; an Error by
/// `deadline` also where something accepts the connection and then says nothing.
std::unique_ptr<sdbus::IConnection> connect_to_system_bus(Deadline deadline);

}  // namespace zkb
