#include "host/run/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/version.hpp"
#include "host/run/batch_page.hpp"
#include "host/run/batch_record.hpp"
#include "host/run/run.hpp"
#include "host/run/run_folder.hpp"
#include "host/sink/hdf5_sink.hpp"
#include "host/sink/run_warnings.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTable = "recordings.csv";
constexpr const char* kPage = "index.html";

bool is_batch_name(std::string_view name) {
  return name == kTable || name == kPage;
}

int cores() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// What the workers share; everything behind one lock.
class Batch {
 public:
  Batch(std::vector<BatchResult>& results, BatchRecord& record, BatchObserver& observer)
      : results_(results), record_(record), observer_(observer) {
    frames_.resize(results.size());
  }

  /// The next recording to track; false when none is left.
  bool next(size_t& index, const std::atomic<bool>* stop) {
    const std::lock_guard lock(mutex_);
    if (stop != nullptr && *stop) return false;
    while (next_ < results_.size() && results_[next_].state != BatchState::waiting) ++next_;
    if (next_ == results_.size()) return false;
    index = next_++;
    return true;
  }

  void end(size_t index, BatchResult result) {
    const std::lock_guard lock(mutex_);
    results_[index] = std::move(result);
    frames_[index] = results_[index].frames;
    if (results_[index].state == BatchState::done) remember(results_[index]);
    observer_.ended(results_[index], ++ended_, results_.size());
  }

  void done_before(size_t index) {
    const std::lock_guard lock(mutex_);
    observer_.ended(results_[index], ++ended_, results_.size());
  }

  void progress(size_t index, uint64_t frames) {
    const std::lock_guard lock(mutex_);
    frames_[index] = frames;
    uint64_t all = 0;
    for (const uint64_t n : frames_) all += n;
    observer_.progress(all, ended_, results_.size());
  }

  template <class Tell>
  void tell(const Tell& tell_observer) {
    const std::lock_guard lock(mutex_);
    tell_observer(observer_);
  }

 private:
  /// Without its memory a batch is still whole; only the next one starts from the beginning.
  void remember(const BatchResult& result) {
    try {
      record_.remember(result);
    } catch (const Error& error) {
      observer_.warn(result.item, error.what());
    }
  }

  std::mutex mutex_;
  std::vector<BatchResult>& results_;
  BatchRecord& record_;
  BatchObserver& observer_;
  std::vector<uint64_t> frames_;
  size_t next_ = 0, ended_ = 0;
};

/// Hears one run for the batch.
class ItemObserver final : public RunObserver {
 public:
  ItemObserver(Batch& batch, const BatchItem& item, size_t index) : batch_(batch), item_(item), index_(index) {}

  void begin(const std::string& work, std::optional<int64_t>) override { tracking_ = work == "tracking"; }
  void progress(int64_t frames, int64_t) override {
    if (tracking_) batch_.progress(index_, static_cast<uint64_t>(std::max<int64_t>(frames, 0)));
  }
  void note(const std::string& line) override {
    batch_.tell([&](BatchObserver& o) { o.note(item_, line); });
  }
  void warn(const std::string& line) override {
    batch_.tell([&](BatchObserver& o) { o.warn(item_, line); });
  }

 private:
  Batch& batch_;
  const BatchItem& item_;
  size_t index_;
  bool tracking_ = false;
};

void fail(BatchResult& result, const std::exception_ptr& error) {
  result.state = BatchState::failed;
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    result.error = e.what();
    result.exit_code = static_cast<int>(e.fault());
  } catch (const std::bad_alloc&) {
    result.error = "out of memory: the frames or the object table are too large for this machine";
    result.exit_code = static_cast<int>(Fault::input);
  } catch (const std::exception& e) {
    result.error = e.what();
    result.exit_code = static_cast<int>(Fault::bug);
  }
}

std::string lines_of(const std::vector<RunWarning>& warnings) {
  std::string text;
  for (const RunWarning& warning : warnings) text += (text.empty() ? "" : "; ") + warning.what;
  return text;
}

BatchResult track(const BatchItem& item, const Config& config, const BatchOptions& options, RunObserver& observer) {
  BatchResult result;
  result.item = item;
  RunOptions run_options;
  run_options.folder = item.folder.string();
  run_options.also_read = options.also_read;
  run_options.command = options.command;
  run_options.stop = options.stop;
  try {
    const RunOutcome outcome = run({item.input, {}}, config, run_options, observer);
    const std::vector<RunWarning> warnings = run_warnings(outcome.info, outcome.summary);
    for (const RunWarning& warning : warnings) observer.warn(warning.line());
    result.frames = outcome.summary.frames;
    result.dropped = outcome.summary.dropped_frames();
    result.tracks = outcome.summary.tracks;
    result.objects_mean = outcome.summary.objects_mean();
    result.wall_s = outcome.summary.wall_s;
    result.fps = outcome.info.fps;
    result.warnings = lines_of(warnings);
    result.state = outcome.summary.end == RunEnd::interrupted ? BatchState::interrupted : BatchState::done;
    if (outcome.error) fail(result, outcome.error);
  } catch (...) {
    fail(result, std::current_exception());
  }
  return result;
}

void check(const Config& config) {
  if (config.pipeline.realtime)
    throw Error(Fault::usage, "several recordings are tracked as fast as they can be; leave --realtime out");
}

/// A board is one; processors are shared; HDF5 may not be.
int job_count(const Config& config, const BatchOptions& options, size_t recordings) {
  if (config.pipeline.device == DeviceKind::xrt) return 1;
  if (config.output.hdf5 && !hdf5_sinks_run_side_by_side()) return 1;
  const int wanted = options.jobs > 0 ? options.jobs : cores();
  return std::max(1, std::min(wanted, static_cast<int>(recordings)));
}

}  // namespace

std::vector<BatchResult> run_batch(const std::vector<BatchItem>& items, const Config& config,
                                   const BatchOptions& options, BatchObserver& observer) {
  check(config);
  const RunFolder folder(options.folder, RunFiles{"batch", {kTable, kPage}, is_batch_name}, options.also_read);
  BatchRecord record(options.folder, std::string(program_version()) + "\n" + print_config(config, false));
  std::vector<BatchResult> results(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    results[i].item = items[i];
    if (!options.again) record.recall(results[i]);
  }
  Batch batch(results, record, observer);
  for (size_t i = 0; i < items.size(); ++i)
    if (results[i].state == BatchState::done_before) batch.done_before(i);
  const int jobs = job_count(config, options, items.size());
  Config each = config;
  if (each.pipeline.threads == 0) each.pipeline.threads = std::max(1, cores() / jobs);
  const auto work = [&] {
    for (size_t index = 0; batch.next(index, options.stop);) {
      ItemObserver item_observer(batch, items[index], index);
      batch.end(index, track(items[index], each, options, item_observer));
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 1; i < jobs; ++i) workers.emplace_back(work);
    work();
  }
  write_file(options.folder / kTable, batch_table(results));
  write_file(options.folder / kPage, batch_page(results, options.folder));
  return results;
}

}  // namespace flashcell::host
