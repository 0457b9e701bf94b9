#pragma once
#include <cstdint>
#include <vector>

#include "host/label/run_table.hpp"

namespace flashcell::host {

/// The runs of a frame object by object: for what is collected over a whole object before it is worked on.
class RunsByObject {
 public:
  explicit RunsByObject(uint32_t max_runs) : runs_(max_runs), next_(max_runs) {}

  void fill(const RunTable& table);

  /// Numbers of the table's runs; each object's in their order.
  const uint32_t* runs() const { return runs_.data(); }

 private:
  std::vector<uint32_t> runs_;
  std::vector<uint32_t> next_;  // of each object: where its next run goes
};

}  // namespace flashcell::host
