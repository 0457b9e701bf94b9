#include "host/sink/report_sink.hpp"

#include <utility>

#include "base/output_file.hpp"
#include "host/sink/report_data.hpp"
#include "host/sink/report_page.hpp"

namespace flashcell::host {
namespace {

class ReportSink final : public Sink {
 public:
  explicit ReportSink(std::filesystem::path path) : path_(std::move(path)) {}

  void begin(const RunInfo& run) override { run_ = run; }
  void write(const FrameResult& result) override { data_.add(result, run_.source.significant_bits); }
  void finish(const RunSummary& summary) override { write_file(path_, report_page(run_, summary, data_)); }

 private:
  std::filesystem::path path_;
  RunInfo run_;
  ReportData data_;
};

}  // namespace

std::unique_ptr<Sink> make_report_sink(std::filesystem::path path) {
  return std::make_unique<ReportSink>(std::move(path));
}

}  // namespace flashcell::host
