#pragma once

namespace zkb {

/// Tells the systemd that started this process as a Type=notify service that it is ready
/// (sd_notify(3)). Does nothing in any other process.
void notify_ready();

}  // namespace zkb
