#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace zkb {

enum class Compression { None, Gzip, Zstd };

/// By the name's ending: ".tar" none, ".tar.zst" zstd, anything else gzip (".tar.gz", ".tgz", and
/// "-").
Compression compression_for(const std::filesystem::path& archive);

/// By the first bytes of a file. Error{NotValid} for compressions that are known but not read here
/// (xz, bzip2, lz4): the message names them. What begins like none of them is taken for a bare tar.
Compression compression_of(std::span<const std::byte> beginning);

std::string_view name_of(Compression compression);

/// Takes bytes in order. An exception out of it ends the operation that wrote.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// Gives the next bytes: fills a part of the span and returns how much; 0 only at the end.
using ByteSource = std::function<std::size_t(std::span<std::byte>)>;

class Compressor {
 public:
  virtual ~Compressor() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  /// Writes what is left and the trailer. Without it the stream is not whole.
  virtual void finish() = 0;
};

/// libarchive's own filters are not used, in neither direction: they do not compare gzip's CRC,
/// write zstd without a checksum, and pass over bytes after the end.
std::unique_ptr<Compressor> make_compressor(Compression compression, ByteSink sink);

/// Reads the plain bytes behind `compressed`. Error{NotValid} for damage, for an end inside the
/// compressor's stream or trailer, and for bytes after it that are no further stream.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  /// Fills a part of `plain`; 0 only once all is read and every checksum agreed.
  virtual std::size_t read(std::span<std::byte> plain) = 0;
};

std::unique_ptr<Decompressor> make_decompressor(Compression compression, ByteSource compressed);

}  // namespace zkb
