#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "tar/compression.hpp"
#include "tar/digest.hpp"

namespace zkb {

/// The seal is what every archive of ours ends with: the SHA-256 of all bytes of the file before
/// it. It is what notices the bits that no decompressor looks at (gzip's header, padding between
/// blocks) and an end that is missing by one byte. Every other reader passes over it, because it is
///   in gzip   an empty member whose header carries an extra field (RFC 1952, 2.3.1.1) "ZK",
///   in zstd   a skippable frame (RFC 8878, 3.1.2),
///   in tar    one block after the end-of-archive marker.
std::vector<std::byte> make_seal(Compression compression, const Sha256Value& digest);

/// Bytes that a seal takes at the end of a file.
std::size_t seal_size(Compression compression);

/// The digest in `ending` (the last seal_size() bytes of a file); nullopt if that is no seal.
std::optional<Sha256Value> read_seal(Compression compression, std::span<const std::byte> ending);

}  // namespace zkb
