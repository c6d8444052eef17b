#include "zkbackup/base/descriptor_limit.hpp"

#include <sys/resource.h>

#include "zkbackup/base/error.hpp"

namespace zkb {

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw system_error("ask for the limit of", "open files");
  }
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      throw system_error("raise the limit of", "open files");
    }
  }
  return limit.rlim_cur;
}

}  // namespace zkb
