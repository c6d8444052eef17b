#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace zkb::fuzz {

/// Gives a parser one input, from which anything may come: true if it is accepted, false if it is
/// refused with an Error of a kind that its header promises. Whatever else happens, in the parser
/// or with what it returned, ends the process (see must_hold).
using Target = bool (*)(std::span<const std::byte> input);

bool archive(std::span<const std::byte> input);      ///< read_archive: a file in any compression
bool manifest(std::span<const std::byte> input);     ///< parse_manifest
bool member_name(std::span<const std::byte> input);  ///< plain_member_name
bool zoo_cfg(std::span<const std::byte> input);      ///< parse_java_properties, read_zoo_cfg

struct NamedTarget {
  std::string_view name;  ///< also its folder in corpus/
  Target run;
};
inline constexpr std::array kTargets{NamedTarget{.name = "archive", .run = archive},
                                     NamedTarget{.name = "manifest", .run = manifest},
                                     NamedTarget{.name = "member_name", .run = member_name},
                                     NamedTarget{.name = "zoo_cfg", .run = zoo_cfg}};

/// Ends the process, so that a fuzzer keeps the input, if `held` is false.
void must_hold(bool held, std::string_view what);

/// The input as text.
std::string_view text_of(std::span<const std::byte> input);

}  // namespace zkb::fuzz
