#include "host/sink/report_sink.hpp"

#include <optional>
#include <utility>

#include "base/output_file.hpp"
#include "host/sink/report/data.hpp"
#include "host/sink/report/page.hpp"
#include "host/sink/report/tables.hpp"

namespace flashcell::host {
namespace {

constexpr const char* kPage = "report.html";

using PathOf = std::function<std::filesystem::path(const std::string& name)>;

class ReportSink final : public Sink {
 public:
  explicit ReportSink(PathOf path_of) : path_of_(std::move(path_of)) {}

  void begin(const RunInfo& run) override {
    run_ = run;
    data_.emplace(run);
  }
  void write(const FrameResult& result) override { data_->add(result); }
  void write_rows(std::span<const AssembledRow> rows) override { data_->add_rows(rows); }
  void finish(const RunSummary& summary) override {
    data_->finish();
    for (const ReportTable& table : report_tables(run_, summary, *data_)) write_file(path_of_(table.name), table.text);
    write_file(path_of_(kPage), report_page(run_, summary, *data_));
  }

 private:
  PathOf path_of_;
  RunInfo run_;
  std::optional<ReportData> data_;
};

}  // namespace

std::vector<std::string> report_file_names() {
  std::vector<std::string> names = report_table_names();
  names.emplace_back(kPage);
  return names;
}

std::unique_ptr<Sink> make_report_sink(PathOf path_of) {
  return std::make_unique<ReportSink>(std::move(path_of));
}

}  // namespace flashcell::host
