#include "zkbackup/zookeeper/java_properties.hpp"

#include <optional>

namespace zkb {
namespace {

constexpr std::string_view kBlank = " \t\f";

std::string_view left_trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text;
}

std::string trimmed(std::string_view text) {
  text = left_trimmed(text);
  return std::string{text.substr(0, text.find_last_not_of(kBlank) + 1)};
}

bool ends_in_odd_backslashes(std::string_view line) {
  const std::size_t last_other = line.find_last_not_of('\\');
  const std::size_t backslashes =
      last_other == std::string_view::npos ? line.size() : line.size() - last_other - 1;
  return backslashes % 2 == 1;
}

/// Natural lines, ended by \n, \r or \r\n.
std::optional<std::string_view> take_line(std::string_view& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  const bool two = text.substr(end).starts_with("\r\n");
  text.remove_prefix(std::min(end + (two ? 2 : 1), text.size()));
  return line;
}

/// A logical line: blank and comment lines passed over, continuations joined.
std::optional<std::string> take_logical_line(std::string_view& text) {
  while (auto line = take_line(text)) {
    std::string_view content = left_trimmed(*line);
    if (content.empty() || content.front() == '#' || content.front() == '!') {
      continue;
    }
    std::string logical;
    while (ends_in_odd_backslashes(content)) {
      logical += content.substr(0, content.size() - 1);
      content = left_trimmed(take_line(text).value_or(""));
    }
    logical += content;
    return logical;
  }
  return std::nullopt;
}

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    switch (const char next = text[++i]; next) {
      case 't':
        result += '\t';
        break;
      case 'n':
        result += '\n';
        break;
      default:  // \u escapes are left: no path or port needs one
        result += next;
    }
  }
  return result;
}

/// Where the key ends: at the first =, : or blank that no backslash precedes.
std::size_t key_end(std::string_view line) {
  std::size_t i = 0;
  while (i < line.size() && std::string_view{"=: \t\f"}.find(line[i]) == std::string_view::npos) {
    i += line[i] == '\\' ? 2U : 1U;
  }
  return std::min(i, line.size());
}

}  // namespace

std::map<std::string, std::string> parse_java_properties(std::string_view text) {
  std::map<std::string, std::string> properties;
  while (const auto line = take_logical_line(text)) {
    const std::string_view all{*line};
    const std::size_t end = key_end(all);
    std::string_view value = left_trimmed(all.substr(end));
    if (!value.empty() && (value.front() == '=' || value.front() == ':')) {
      value.remove_prefix(1);
    }
    properties[unescaped(all.substr(0, end))] = trimmed(unescaped(left_trimmed(value)));
  }
  return properties;
}

}  // namespace zkb
