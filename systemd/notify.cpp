#include "systemd/notify.hpp"

#include <systemd/sd-daemon.h>

#include <cstring>

#include "zkbackup/base/error.hpp"

namespace zkb {

void notify_ready() {
  if (const int result = sd_notify(/*unset_environment=*/1, "READY=1"); result < 0) {
    throw system_error("notify", "systemd", -result);
  }
}

}  // namespace zkb
