#include "host/sink/report_sink.hpp"

#include <utility>

#include "base/output_file.hpp"
#include "host/sink/report_data.hpp"
#include "host/sink/report_page.hpp"

namespace flashcell::host {
namespace {

class ReportSink final : public Sink {
 public:
  ReportSink(std::filesystem::path path, std::shared_ptr<const RunSummary> summary)
      : path_(std::move(path)), summary_(std::move(summary)) {}

  void begin(const RunInfo& run) override { run_ = run; }
  void write(const FrameResult& result) override { data_.add(result, run_.source.significant_bits); }
  void finish() override { write_file(path_, report_page(run_, *summary_, data_)); }

 private:
  std::filesystem::path path_;
  std::shared_ptr<const RunSummary> summary_;
  RunInfo run_;
  ReportData data_;
};

}  // namespace

std::unique_ptr<Sink> make_report_sink(std::filesystem::path path, std::shared_ptr<const RunSummary> summary) {
  return std::make_unique<ReportSink>(std::move(path), std::move(summary));
}

}  // namespace flashcell::host
