#include "systemd/bus_connection.hpp"

#include <sdbus-c++/sdbus-c++.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <cstdint>

#include "systemd/bus_error.hpp"
#include "systemd/held_signals.hpp"

namespace zkb {
namespace {

struct CloseBus {
  void operator()(sd_bus* bus) const noexcept { sd_bus_close_unref(bus); }
};

void check(int result) {
  if (result < 0) {
    const sdbus::Error error = sdbus::createError(-result, "connect to the system bus");
    throw bus_error(error.getName(), error.getMessage());
  }
}

std::uint64_t microseconds_until(Deadline deadline) {
  using std::chrono::microseconds;
  const auto left = std::chrono::duration_cast<microseconds>(deadline - Deadline::clock::now());
  return static_cast<std::uint64_t>(std::max(left, microseconds{0}).count());
}

/// sd-bus gives a silent bus 90 seconds to say who it is, and no setting shortens that
/// (SYSTEMD_BUS_TIMEOUT is for method calls); sdbus-c++ waits them out in its constructor. So a
/// first connection, whose waiting is ours, goes through the greeting, and only a bus that has
/// shown that it speaks is given to sdbus-c++.
void greet_system_bus(Deadline deadline) {
  sd_bus* opened = nullptr;
  check(sd_bus_open_system(&opened));
  const std::unique_ptr<sd_bus, CloseBus> bus{opened};
  while (sd_bus_is_ready(bus.get()) == 0) {
    const int processed = sd_bus_process(bus.get(), nullptr);
    check(processed);
    if (processed > 0) {
      continue;
    }
    const std::uint64_t left = microseconds_until(deadline);
    if (left == 0) {
      throw Error{Kind::Failed,
                  "the system bus does not answer: it took the connection and says nothing",
                  "see whether 'systemctl status dbus.service' answers; then run this again"};
    }
    check(sd_bus_wait(bus.get(), left));
  }
}

}  // namespace

std::unique_ptr<sdbus::IConnection> connect_to_system_bus(Deadline deadline) {
  const HeldSignals held;
  greet_system_bus(deadline);
  try {
    return sdbus::createSystemBusConnection();
  } catch (const sdbus::Error& error) {
    throw bus_error(error.getName(), error.getMessage());
  }
}

}  // namespace zkb
