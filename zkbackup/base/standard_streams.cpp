#include "zkbackup/base/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace zkb {

bool open_standard_streams() {
  const bool output_is_open = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
  int descriptor = 0;
  do {
    descriptor =
        open("/dev/null", O_RDWR);  // NOLINT(android-cloexec-open): they are there to be inherited
    if (descriptor < 0) {
      std::abort();  // there is nobody to tell, and nothing was begun
    }
  } while (descriptor <= STDERR_FILENO);
  close(descriptor);
  return output_is_open;
}

}  // namespace zkb
