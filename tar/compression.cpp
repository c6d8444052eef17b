#include "tar/compression.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;
constexpr int kGzipLevel = 1;  // 2.6 times as fast as zlib's default, for archives 15 % larger
constexpr int kZstdLevel = 3;
constexpr int kZstdWorkers = 2;
constexpr int kZstdJob =
    2 * 1024 * 1024;  // bytes a worker takes at once: a fifth of the memory, the same speed
constexpr int kGzipWindow =
    15 + 16;  // zlib: the largest window, plus 16 for gzip's header and trailer

Error damaged(Compression compression, std::string_view what) {
  return {Kind::NotValid, fmt::format("the {} stream is damaged: {}", name_of(compression), what)};
}

Error cut_short(Compression compression) {
  return {Kind::NotValid, fmt::format("the archive is cut short: it ends inside its {} stream",
                                      name_of(compression))};
}

class PlainCompressor final : public Compressor {
 public:
  explicit PlainCompressor(ByteSink sink) : sink_{std::move(sink)} {}
  void write(std::span<const std::byte> bytes) override { sink_(bytes); }
  void finish() override {}

 private:
  ByteSink sink_;
};

class GzipCompressor final : public Compressor {
 public:
  explicit GzipCompressor(ByteSink sink) : sink_{std::move(sink)} {
    if (deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw Error{Kind::Failed, "zlib cannot start to compress"};
    }
  }
  ~GzipCompressor() override { deflateEnd(&stream_); }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;

  void write(std::span<const std::byte> bytes) override { deflate_all(bytes, Z_NO_FLUSH); }
  void finish() override { deflate_all({}, Z_FINISH); }

 private:
  void deflate_all(std::span<const std::byte> bytes, int flush) {
    // zlib's interface is not const-correct; it does not write to its input.
    stream_.next_in =
        const_cast<Bytef*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast): see above
            static_cast<const Bytef*>(static_cast<const void*>(bytes.data())));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = static_cast<Bytef*>(static_cast<void*>(out_.data()));
      stream_.avail_out = static_cast<uInt>(out_.size());
      if (deflate(&stream_, flush) == Z_STREAM_ERROR) {
        throw Error{Kind::Failed, "zlib cannot compress"};
      }
      sink_({out_.data(), out_.size() - stream_.avail_out});
    } while (stream_.avail_out == 0);
  }

  ByteSink sink_;
  z_stream stream_{};
  std::vector<std::byte> out_ = std::vector<std::byte>(kChunk);
};

class ZstdCompressor final : public Compressor {
 public:
  explicit ZstdCompressor(ByteSink sink) : sink_{std::move(sink)} {
    set(ZSTD_c_compressionLevel, kZstdLevel);
    set(ZSTD_c_checksumFlag, 1);
    set(ZSTD_c_nbWorkers, kZstdWorkers);
    set(ZSTD_c_jobSize, kZstdJob);
  }

  void write(std::span<const std::byte> bytes) override { compress(bytes, ZSTD_e_continue); }
  void finish() override { compress({}, ZSTD_e_end); }

 private:
  void set(ZSTD_cParameter parameter, int value) {
    check(ZSTD_CCtx_setParameter(context_.get(), parameter, value));
  }

  static std::size_t check(std::size_t result) {
    if (ZSTD_isError(result) != 0U) {
      throw Error{Kind::Failed, fmt::format("zstd cannot compress: {}", ZSTD_getErrorName(result))};
    }
    return result;
  }

  void compress(std::span<const std::byte> bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer out{.dst = out_.data(), .size = out_.size(), .pos = 0};
      left = check(ZSTD_compressStream2(context_.get(), &out, &in, directive));
      sink_({out_.data(), out.pos});
    } while (directive == ZSTD_e_end ? left != 0 : in.pos < in.size);
  }

  struct Free {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  };
  ByteSink sink_;
  std::unique_ptr<ZSTD_CCtx, Free> context_{ZSTD_createCCtx()};
  std::vector<std::byte> out_ = std::vector<std::byte>(kChunk);
};

class PlainDecompressor final : public Decompressor {
 public:
  explicit PlainDecompressor(ByteSource source) : source_{std::move(source)} {}
  std::size_t read(std::span<std::byte> plain) override { return source_(plain); }

 private:
  ByteSource source_;
};

/// The compressed bytes that were read and not yet used.
class Input {
 public:
  explicit Input(ByteSource source) : source_{std::move(source)} {}

  /// The unused bytes, more of them if there were none; empty only at the end.
  std::span<const std::byte> unused() {
    if (unused_.empty()) {
      unused_ = std::span{chunk_}.first(source_(chunk_));
    }
    return unused_;
  }
  void use(std::size_t count) { unused_ = unused_.subspan(count); }

 private:
  ByteSource source_;
  std::vector<std::byte> chunk_ = std::vector<std::byte>(kChunk);
  std::span<const std::byte> unused_;
};

class GzipDecompressor final : public Decompressor {
 public:
  explicit GzipDecompressor(ByteSource source) : input_{std::move(source)} {
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) {
      throw Error{Kind::Failed, "zlib cannot start to decompress"};
    }
  }
  ~GzipDecompressor() override { inflateEnd(&stream_); }
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;

  std::size_t read(std::span<std::byte> plain) override {
    std::size_t produced = 0;
    while (produced == 0 && !plain.empty()) {
      const std::span<const std::byte> compressed = input_.unused();
      if (compressed.empty()) {
        if (inside_member_) {
          throw cut_short(Compression::Gzip);
        }
        return 0;
      }
      produced = inflate_some(compressed, plain);
    }
    return produced;
  }

 private:
  std::size_t inflate_some(std::span<const std::byte> compressed, std::span<std::byte> plain) {
    inside_member_ = true;
    stream_.next_in =
        const_cast<Bytef*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast): only read
            static_cast<const Bytef*>(static_cast<const void*>(compressed.data())));
    stream_.avail_in = static_cast<uInt>(compressed.size());
    stream_.next_out = static_cast<Bytef*>(static_cast<void*>(plain.data()));
    stream_.avail_out = static_cast<uInt>(plain.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    input_.use(compressed.size() - stream_.avail_in);
    const std::size_t produced = plain.size() - stream_.avail_out;
    if (result == Z_STREAM_END) {  // CRC and length of this member agreed; another one may follow
      inside_member_ = false;
      inflateReset(&stream_);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      throw damaged(Compression::Gzip, stream_.msg != nullptr ? stream_.msg : "unknown");
    }
    return produced;
  }

  Input input_;
  z_stream stream_{};
  bool inside_member_ = false;
};

class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(ByteSource source) : input_{std::move(source)} {
    constexpr int kLargestWindow = 24;  // 16 MiB: what every level up to 19 makes do with
    if (ZSTD_isError(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kLargestWindow)) !=
        0U) {
      throw Error{Kind::Failed, "zstd cannot be told how much memory it may use"};
    }
  }

  std::size_t read(std::span<std::byte> plain) override {
    std::size_t produced = 0;
    while (produced == 0 && !plain.empty()) {
      const std::span<const std::byte> compressed = input_.unused();
      ZSTD_inBuffer in{.src = compressed.data(), .size = compressed.size(), .pos = 0};
      ZSTD_outBuffer out{.dst = plain.data(), .size = plain.size(), .pos = 0};
      if (compressed.empty() && !inside_frame_) {
        return 0;
      }
      const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(result) != 0U) {
        throw damaged(Compression::Zstd, ZSTD_getErrorName(result));
      }
      if (compressed.empty() && out.pos == 0) {  // nothing more to read, nothing more held back
        throw cut_short(Compression::Zstd);
      }
      input_.use(in.pos);
      inside_frame_ = result != 0;
      produced = out.pos;
    }
    return produced;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
  };
  Input input_;
  std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
  bool inside_frame_ = false;
};

struct Magic {
  std::string_view bytes;
  std::string_view name;
};
constexpr std::array kForeign{Magic{"\xFD\x37zXZ", "xz"}, Magic{"BZh", "bzip2"},
                              Magic{"\x04\x22\x4D\x18", "lz4"}, Magic{"LZIP", "lzip"},
                              Magic{"PK\x03\x04", "zip"}};

}  // namespace

Compression compression_for(const std::filesystem::path& archive) {
  const std::string name = archive.filename().string();
  if (name.ends_with(".tar")) {
    return Compression::None;
  }
  return name.ends_with(".tar.zst") ? Compression::Zstd : Compression::Gzip;
}

Compression compression_of(std::span<const std::byte> beginning) {
  const std::string_view text{static_cast<const char*>(static_cast<const void*>(beginning.data())),
                              beginning.size()};
  if (text.starts_with("\x1F\x8B")) {
    return Compression::Gzip;
  }
  if (text.starts_with("\x28\xB5\x2F\xFD")) {
    return Compression::Zstd;
  }
  for (const Magic& magic : kForeign) {
    if (text.starts_with(magic.bytes)) {
      throw Error{Kind::NotValid,
                  fmt::format("it is compressed with {}, which is not read here", magic.name),
                  "decompress it, then use the plain tar file"};
    }
  }
  return Compression::None;
}

std::string_view name_of(Compression compression) {
  switch (compression) {
    case Compression::Gzip:
      return "gzip";
    case Compression::Zstd:
      return "zstd";
    case Compression::None:
      break;
  }
  return "tar";
}

std::unique_ptr<Compressor> make_compressor(Compression compression, ByteSink sink) {
  switch (compression) {
    case Compression::Gzip:
      return std::make_unique<GzipCompressor>(std::move(sink));
    case Compression::Zstd:
      return std::make_unique<ZstdCompressor>(std::move(sink));
    case Compression::None:
      break;
  }
  return std::make_unique<PlainCompressor>(std::move(sink));
}

std::unique_ptr<Decompressor> make_decompressor(Compression compression, ByteSource compressed) {
  switch (compression) {
    case Compression::Gzip:
      return std::make_unique<GzipDecompressor>(std::move(compressed));
    case Compression::Zstd:
      return std::make_unique<ZstdDecompressor>(std::move(compressed));
    case Compression::None:
      break;
  }
  return std::make_unique<PlainDecompressor>(std::move(compressed));
}

}  // namespace zkb
