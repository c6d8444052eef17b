#pragma once

namespace zkb {

/// Opens /dev/null for each of the descriptors 0, 1 and 2 that is closed, so that no file that is
/// opened later gets one of their numbers and, with it, what is meant for a person. To be called
/// before anything is opened.
/// Whether standard output was open: what goes to it else is lost.
bool open_standard_streams();

}  // namespace zkb
