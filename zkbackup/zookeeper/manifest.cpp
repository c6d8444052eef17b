#include "zkbackup/zookeeper/manifest.hpp"

#include <fmt/chrono.h>

#include <map>
#include <nlohmann/json.hpp>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

using nlohmann::ordered_json;

Sha256Value sha256_from(const std::string& hex) {
  Sha256Value value{};
  for (std::size_t i = 0; i < value.size(); ++i) {
    value[i] = static_cast<std::byte>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
  }
  if (to_hex(value) != hex) {
    throw std::invalid_argument{"sha256"};
  }
  return value;
}

std::chrono::system_clock::time_point time_from(const std::string& text) {
  std::tm fields{};
  const char* const end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  if (end == nullptr || *end != '\0') {
    throw std::invalid_argument{"time"};
  }
  // What a time point can hold: nanoseconds in 64 bits.
  constexpr int kFirstYear = 1970 - 1900;
  constexpr int kLastYear = 2261 - 1900;
  if (fields.tm_year < kFirstYear || fields.tm_year > kLastYear) {
    throw std::out_of_range{"time"};
  }
  return std::chrono::system_clock::from_time_t(timegm(&fields));
}

/// Without the conversions that a plain get() makes of fractions, signs and what does not fit.
std::uint64_t unsigned_number(const ordered_json& json) {
  if (!json.is_number_unsigned()) {
    throw std::invalid_argument{"number"};
  }
  return json.get<std::uint64_t>();
}

std::optional<std::string> optional_text(const ordered_json& object, const char* key) {
  return object.contains(key) ? std::optional{object.at(key).get<std::string>()} : std::nullopt;
}

/// Small text can become a large tree ("[[[[..."): stops where a manifest could not be.
class Bounds {
 public:
  bool operator()(int depth, ordered_json::parse_event_t /*event*/, ordered_json& /*value*/) {
    constexpr int kDeepest = 3;  // the object, its members, one of them
    constexpr std::size_t kMostEvents = 1'000'000;
    if (depth > kDeepest || ++events_ > kMostEvents) {
      throw Error{Kind::NotValid, "the manifest is nested or filled as no manifest is"};
    }
    return true;
  }

 private:
  std::size_t events_ = 0;
};

Manifest from_json(const ordered_json& json) {
  Manifest manifest{.tool_version = json.at("toolVersion").get<std::string>(),
                    .host = json.at("host").get<std::string>(),
                    .unit = json.at("unit").get<std::string>(),
                    .time = time_from(json.at("time").get<std::string>()),
                    .accepted_epoch = optional_text(json, "acceptedEpoch"),
                    .current_epoch = optional_text(json, "currentEpoch"),
                    .members = {}};
  for (const ordered_json& member : json.at("members")) {
    manifest.members.push_back({.name = member.at("name").get<std::string>(),
                                .size = unsigned_number(member.at("size")),
                                .sha256 = sha256_from(member.at("sha256").get<std::string>())});
  }
  return manifest;
}

Error not_as_named(const std::string& name, std::string_view what) {
  return {Kind::NotValid, fmt::format("member '{}' {}", printable(name), what)};
}

}  // namespace

std::string utc_text(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string to_json(const Manifest& manifest) {
  ordered_json json{{"format", Manifest::kFormat},
                    {"toolVersion", manifest.tool_version},
                    {"host", manifest.host},
                    {"unit", manifest.unit},
                    {"time", utc_text(manifest.time)}};
  if (manifest.accepted_epoch) {
    json["acceptedEpoch"] = *manifest.accepted_epoch;
  }
  if (manifest.current_epoch) {
    json["currentEpoch"] = *manifest.current_epoch;
  }
  json["members"] = ordered_json::array();
  for (const MemberDigest& member : manifest.members) {
    json["members"].push_back(
        {{"name", member.name}, {"size", member.size}, {"sha256", to_hex(member.sha256)}});
  }
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Manifest parse_manifest(std::string_view text) {
  try {
    const ordered_json json = ordered_json::parse(text, Bounds{});
    if (const std::uint64_t format = unsigned_number(json.at("format"));
        format != Manifest::kFormat) {
      throw Error{Kind::NotValid,
                  fmt::format("the manifest is of format {}; this dcos-zk reads format {}", format,
                              Manifest::kFormat),
                  "use the dcos-zk that made the archive, or a newer one"};
    }
    return from_json(json);
  } catch (const std::exception& cause) {
    if (dynamic_cast<const Error*>(&cause) != nullptr) {
      throw;
    }
    throw Error{Kind::NotValid,
                fmt::format("the manifest cannot be read: {}", printable(cause.what()))};
  }
}

void check_against(const Manifest& manifest, const std::vector<MemberDigest>& found) {
  std::map<std::string, const MemberDigest*> left;
  for (const MemberDigest& member : manifest.members) {
    left[member.name] = &member;
  }
  for (const MemberDigest& member : found) {
    const auto named = left.find(member.name);
    if (named == left.end()) {
      throw not_as_named(member.name, "is not in the manifest");
    }
    if (member != *named->second) {
      throw not_as_named(member.name, "is not what the manifest says: its content was altered");
    }
    left.erase(named);
  }
  if (!left.empty()) {
    throw not_as_named(left.begin()->first, "is in the manifest, but not in the archive");
  }
}

}  // namespace zkb
