#include "known_tree.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

namespace zk_tree {
namespace {

constexpr int kDepth = 12;
constexpr std::size_t kPerFolder = 50;
constexpr std::size_t kLargeData = 200'000;

struct Planned {
  std::string path;
  Data data;
  std::vector<AclEntry> acl = open_to_all();
};

/// `size` bytes that compress neither to nothing nor not at all, different for each `seed`.
std::string some_bytes(std::size_t size, std::size_t seed) {
  std::string bytes(size, '\0');
  auto state = static_cast<std::uint32_t>(seed) * 2654435761U + 1U;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>("0123456789abcdef"[state >> 28U]);
  }
  return bytes;
}

std::string every_byte_value() {
  std::string bytes;
  for (int value = 0; value < 256; ++value) {
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

std::string numbered(const char* format, std::size_t number) {
  std::array<char, 32> text{};
  // The formats are this file's own, and short.
  std::snprintf(text.data(), text.size(), format, number);
  return text.data();
}

/// Parents before children, so that any first part of it is a tree.
std::vector<Planned> plan(std::size_t count, const std::string& prefix) {
  std::vector<Planned> nodes{
      {prefix, "the known tree"},
      {prefix + "/null-data", std::nullopt},
      {prefix + "/empty-data", ""},
      {prefix + "/every-byte", every_byte_value()},
      {prefix + "/large-data", some_bytes(kLargeData, 7)},
      {prefix + "/grüße-世界-мир", "a name that is not ASCII"},
      {prefix + "/with space 'and' \"quotes\"", "a name that shells dislike"},
      {prefix + "/protected", "of the digest user", owned_by_digest_user()},
      {prefix + "/protected/child", "likewise", owned_by_digest_user()},
      {prefix + "/changed-often", "version 0"},
      {prefix + "/had-children", "children came and went"},
  };
  std::string deep = prefix + "/deep";
  nodes.push_back({deep, std::nullopt});
  for (int level = 1; level <= kDepth; ++level) {
    deep += '/';
    deep += std::to_string(level);
    nodes.push_back({deep, std::to_string(level)});
  }
  nodes.push_back({prefix + "/many", std::nullopt});
  for (std::size_t number = 0; nodes.size() < count; ++number) {
    const std::string folder = prefix + numbered("/many/folder-%03zu", number / kPerFolder);
    if (number % kPerFolder == 0) {
      nodes.push_back({folder, std::nullopt});
    }
    nodes.push_back(
        {folder + numbered("/znode-%06zu", number), some_bytes(number * 37 % 1024, number)});
  }
  nodes.resize(count);
  return nodes;
}

/// What only a history gives: data versions, child versions, a pzxid later than the last child's
/// czxid.
void give_history(Session& session, const Planned& node, const std::string& prefix) {
  if (node.path == prefix + "/changed-often") {
    for (int version = 1; version <= 3; ++version) {
      session.set(node.path, "version " + std::to_string(version));
    }
  } else if (node.path == prefix + "/had-children") {
    const std::string child = node.path + "/child";
    session.create(child, "soon gone", open_to_all());
    session.remove(child);
  }
}

}  // namespace

void fill(Session& session, std::size_t count, const std::string& prefix) {
  for (const Planned& node : plan(count, prefix)) {
    session.create(node.path, node.data, node.acl);
    give_history(session, node, prefix);
  }
}

}  // namespace zk_tree
