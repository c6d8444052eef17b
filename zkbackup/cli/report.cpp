#include "zkbackup/cli/report.hpp"

#include <nlohmann/json.hpp>

namespace zkb {
namespace {

using nlohmann::ordered_json;

std::string text_of(const ordered_json& json) {
  return json.dump(4, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string status_of(int exit_code) {
  switch (exit_code) {
    case 0:
      return "done";
    case static_cast<int>(Kind::Failed):
      return "failed";
    case static_cast<int>(Kind::Usage):
      return "usage";
    case static_cast<int>(Kind::Unsafe):
      return "refused";
    case static_cast<int>(Kind::NotValid):
      return "not-valid";
    case static_cast<int>(Kind::InPart):
      return "in-part";
    case static_cast<int>(Kind::Locked):
      return "locked";
    default:
      return "interrupted";
  }
}

ordered_json error_of(const Error& error) {
  ordered_json json{{"message", error.what()}};
  if (!error.next_step().empty()) {
    json["nextStep"] = error.next_step();
  }
  return json;
}

ordered_json beginning(const std::string& command, const std::optional<Error>& incomplete) {
  const int exit_code = incomplete ? incomplete->exit_code() : 0;
  ordered_json json{
      {"command", command}, {"status", status_of(exit_code)}, {"exitCode", exit_code}};
  if (incomplete) {
    json["error"] = error_of(*incomplete);
  }
  return json;
}

ordered_json unit_of(const OutagePlan& plan, const UnitState& left,
                     std::optional<std::chrono::milliseconds> down) {
  ordered_json json{{"name", plan.unit.str()}, {"found", plan.found.active}, {"left", left.active}};
  if (down) {
    json["downMilliseconds"] = down->count();
  }
  return json;
}

}  // namespace

std::string json_of(const BackupPlan& plan, const BackupResult& result, const UnitState& left) {
  ordered_json json = beginning("backup", result.outage.start_failure);
  json["archive"] = plan.archive.native();
  json["archiveBytes"] = result.archive_bytes;
  json["sha256"] = to_hex(result.sha256);
  json["stateBytes"] = result.state_bytes;
  json["files"] = result.files;
  json["unit"] = unit_of(plan.outage, left, result.outage.down);
  return text_of(json);
}

std::string json_of(const RestorePlan& plan, const RestoreResult& result, const UnitState& left) {
  ordered_json json = beginning("restore", result.incomplete);
  json["archive"] = plan.archive.native();
  json["stateBytes"] = result.bytes;
  json["files"] = result.files;
  json["target"] = plan.swap.target.native();
  if (result.previous) {
    json["previousState"] = result.previous->native();
  }
  json["manifest"] = plan.contents.manifest.has_value();
  json["passedOver"] = plan.contents.passed_over;
  json["unit"] = unit_of(plan.outage, left, result.down);
  return text_of(json);
}

std::string json_of_plan(const std::string& command, const std::vector<std::string>& lines) {
  return text_of({{"command", command}, {"status", "planned"}, {"exitCode", 0}, {"plan", lines}});
}

std::string json_of_error(const std::string& command, const Error& error, int exit_code) {
  return text_of({{"command", command},
                  {"status", status_of(exit_code)},
                  {"exitCode", exit_code},
                  {"error", error_of(error)}});
}

}  // namespace zkb
