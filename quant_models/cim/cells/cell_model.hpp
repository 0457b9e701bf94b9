#pragma once
#include <memory>

#include "quant_models/random.hpp"

// How memory cells depart from what they are meant to hold. Conductances in microsiemens, times in seconds since
// programming. A model says what one cell is like; arrays ask it cell by cell.
namespace flashcell::quant::cim {

/// A cell when it is read.
struct CellState {
  double conductance = 0;  ///< at least 0
  double read_sigma = 0;   ///< standard deviation of one read
};

class CellModel {
 public:
  virtual ~CellModel() = default;

  /// A cell meant to hold `target`, `seconds` after it was programmed. All that is by chance comes from `random`, drawn
  /// in the same order whatever the time: the same numbers give the same cell at another time.
  virtual CellState state(double target, double seconds, Random& random) const = 0;

  /// Standard deviation of what programming leaves, before the cut at 0.
  virtual double programming_sigma(double target) const = 0;
};

/// Cells that hold what they are meant to.
class IdealCell final : public CellModel {
 public:
  CellState state(double target, double, Random&) const override { return {target, 0}; }
  double programming_sigma(double) const override { return 0; }
};

}  // namespace flashcell::quant::cim
