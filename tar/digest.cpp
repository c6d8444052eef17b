#include "tar/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace zkb {
namespace {

// OpenSSL's digests fail only where memory or the build of the library does.
void check(int result) {
  if (result != 1) {
    throw std::runtime_error{"OpenSSL cannot compute SHA-256"};
  }
}

}  // namespace

struct Sha256::Context {
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> handle{EVP_MD_CTX_new()};

  void start() const { check(EVP_DigestInit_ex(handle.get(), EVP_sha256(), nullptr)); }
};

Sha256::Sha256() : context_{std::make_unique<Context>()} {
  context_->start();
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  check(EVP_DigestUpdate(context_->handle.get(), bytes.data(), bytes.size()));
}

Sha256Value Sha256::finish() {
  Sha256Value value{};
  std::array<unsigned char, value.size()> bytes{};
  check(EVP_DigestFinal_ex(context_->handle.get(), bytes.data(), nullptr));
  std::ranges::transform(bytes, value.begin(), [](unsigned char byte) { return std::byte{byte}; });
  context_->start();
  return value;
}

std::string to_hex(const Sha256Value& value) {
  std::string hex;
  for (const std::byte byte : value) {
    hex += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  }
  return hex;
}

}  // namespace zkb
