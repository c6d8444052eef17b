#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "zkbackup/base/interruption.hpp"
#include "zkbackup/zookeeper/data_layout.hpp"

namespace zkb {

/// A process that behaves like a running ZooKeeper on this data, whatever systemd or a pid file
/// says of it.
struct Holder {
  pid_t pid = 0;
  std::string command;
  std::string what;  ///< "has '/…/log.5' open for writing", "listens on port 2181"
};

/// All processes but this one that have a file in one of the version-2 directories open for
/// writing, or listen on the client port. Read from /proc; needs root to see every process.
std::vector<Holder> find_holders(const DataLayout& layout);

/// Waits until one of `pids` has ended, or `deadline` passed. Interrupted by a signal.
void wait_for_end_of_one(const std::vector<pid_t>& pids, std::chrono::milliseconds deadline,
                         const Interruption& interruption);

}  // namespace zkb
