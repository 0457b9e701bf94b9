// Laws of cells against tables of other tools, and against their own formulas by drawing.
#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/cim/device.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant::cim {
namespace {

class CellTables : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path file = test::data_dir() / "../vectors/cim/cim_tables.npz";
    FLASHCELL_NEEDS_FILE(file);
    for (const auto& [name, array] : read_npz(file.string())) tables_[name] = array.numbers();
  }
  std::map<std::string, std::vector<double>> tables_;
};

const PolynomialCell& polynomial(const ArrayDevice& device, std::unique_ptr<CellModel>& keeper) {
  keeper = device.cell_model();
  return dynamic_cast<const PolynomialCell&>(*keeper);
}

TEST_F(CellTables, PhaseChangeMemoryOfAihwkit) {
  const ArrayDevice device = device_of("pcm_aihwkit");
  const PcmCell cell(device.cell.pcm);
  const std::vector<double>& g = tables_["g_pcm"];
  for (size_t i = 0; i < g.size(); ++i) {
    EXPECT_NEAR(cell.programming_sigma(g[i]), tables_["pcm_prog_sigma"][i], 1e-12);
    EXPECT_NEAR(cell.drift_mean(g[i]), tables_["pcm_nu_mu"][i], 1e-12);
    EXPECT_NEAR(cell.drift_sigma(g[i]), tables_["pcm_nu_sigma"][i], 1e-12);
    for (size_t t = 0; t < tables_["t_inference"].size(); ++t) {
      const double seconds = tables_["t_inference"][t];
      EXPECT_NEAR(cell.relative_read_sigma(g[i], seconds), tables_["pcm_read_rel_sigma"][t * g.size() + i], 1e-9);
      EXPECT_NEAR(std::pow((seconds + 20) / 20, -cell.drift_mean(g[i])),
                  tables_["pcm_drift_mean_factor"][t * g.size() + i], 1e-12);
    }
  }
}

TEST_F(CellTables, ResistiveMemoryAndPolynomials) {
  std::unique_ptr<CellModel> keeper;
  const PolynomialCell& wan = polynomial(device_of("reram_wan_2022"), keeper);
  const std::vector<double>& g = tables_["g_wan"];
  for (size_t i = 0; i < g.size(); ++i) {
    size_t row = 0;
    for (const double seconds : {1.0, 86400.0, 172800.0})
      EXPECT_NEAR(wan.sigma(g[i], seconds), std::max(0.0, tables_["wan_sigma_1s_1d_2d"][row++ * g.size() + i]), 1e-9);
  }
  std::unique_ptr<CellModel> other;
  const PolynomialCell& crosssim = polynomial(device_of("reram_wan_crosssim"), other);
  for (size_t i = 0; i < g.size(); ++i)
    EXPECT_NEAR(crosssim.programming_sigma(g[i]), tables_["crosssim_wan_sigma"][i], 1e-9);
  std::unique_ptr<CellModel> third;
  const PolynomialCell& milo = polynomial(device_of("reram_milo_2021"), third);
  for (size_t i = 0; i < tables_["g_milo"].size(); ++i)
    EXPECT_NEAR(milo.programming_sigma(tables_["g_milo"][i]), tables_["milo_sigma"][i], 1e-9);
  std::unique_ptr<CellModel> fourth;
  const PolynomialCell& joshi = polynomial(device_of("pcm_joshi_2020"), fourth);
  for (size_t i = 0; i < tables_["g_pcm"].size(); ++i)
    EXPECT_NEAR(joshi.programming_sigma(tables_["g_pcm"][i]), tables_["joshi_prog_sigma"][i], 1e-9);
}

struct Drawn {
  double mean = 0, sigma = 0;
};

Drawn draw(const CellModel& cell, double target, double seconds, int count = 20000) {
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    Random random(7, {static_cast<uint64_t>(i)});
    const double g = cell.state(target, seconds, random).conductance;
    EXPECT_GE(g, 0);
    sum += g;
    squares += g * g;
  }
  const double mean = sum / count;
  return {mean, std::sqrt(squares / count - mean * mean)};
}

TEST(Cells, DrawsHaveTheSpreadThatTheirLawSays) {
  for (const std::string& name : preset_names()) {
    const ArrayDevice device = device_of(name);
    const std::unique_ptr<CellModel> cell = device.cell_model();
    const double target = 0.7 * device.cell.g_max, sigma = cell->programming_sigma(target);
    const Drawn drawn = draw(*cell, target, 0);
    EXPECT_NEAR(drawn.mean, target, 0.03 * sigma + 1e-9 + 0.01 * target) << name;
    EXPECT_NEAR(drawn.sigma, sigma, 0.03 * sigma + 1e-6) << name;
  }
}

TEST(Cells, TheSameNumbersAreTheSameCellLater) {
  for (const std::string& name : preset_names()) {
    const std::unique_ptr<CellModel> cell = device_of(name).cell_model();
    Random a(1, {2}), b(1, {2}), c(1, {2});
    cell->state(5, 0, a);
    cell->state(5, 1e6, b);
    EXPECT_EQ(a.next(), b.next()) << name;
    Random d(1, {2});
    EXPECT_EQ(cell->state(5, 3600, c).conductance, cell->state(5, 3600, d).conductance) << name;
  }
}

TEST(Cells, ConductanceGoesAsRetentionSays) {
  const std::unique_ptr<CellModel> pcm = device_of("pcm_aihwkit").cell_model();
  const std::unique_ptr<CellModel> nor = device_of("nor_4bit").cell_model();
  double last_pcm = 1e9, last_nor = 0;
  for (const double seconds : {0.0, 3600.0, 86400.0, 3e7}) {
    const double now_pcm = draw(*pcm, 15, seconds, 4000).mean, now_nor = draw(*nor, 2, seconds, 4000).mean;
    EXPECT_LT(now_pcm, last_pcm);  // amorphous material relaxes
    EXPECT_GT(now_nor, last_nor);  // charge leaves the gate
    last_pcm = now_pcm;
    last_nor = now_nor;
  }
  const SonosCell sonos(0.1, device_of("sonos_xiao_2022").cell.days, {1, 1});
  EXPECT_NEAR(sonos.mean(8, 86400), 8 * (1 + 0.0) + (sonos.mean(8, 86400) - 8), 1e-12);
  EXPECT_NEAR((sonos.mean(8, 43200) - 8) * 2, sonos.mean(8, 86400) - 8, 1e-9);  // linear between days
}

TEST(Cells, GenericSpreads) {
  GenericSpread spread{Distribution::uniform, Dependence::proportional, 0.1, 1};
  EXPECT_DOUBLE_EQ(spread.at(5, 10), 0.5);
  const Drawn uniform = draw(GenericCell(10, spread), 5, 0);
  EXPECT_NEAR(uniform.sigma, 0.5, 0.01);
  EXPECT_NEAR(uniform.mean, 5, 0.02);
  spread.dependence = Dependence::inverse;
  EXPECT_DOUBLE_EQ(spread.at(5, 10), 2);
  EXPECT_DOUBLE_EQ(spread.at(0, 10), 10);
  spread.dependence = Dependence::independent;
  EXPECT_DOUBLE_EQ(spread.at(5, 10), 1);
}

TEST(Cells, Faults) {
  Faults faults{0.25, 0.25, 0, 0};
  int low = 0, high = 0;
  for (uint64_t i = 0; i < 8000; ++i) {
    Random random(3, {i});
    const double g = faulty_conductance(faults, 0.4, 0.1, 1, random);
    low += g == 0.1;
    high += g == 1;
  }
  EXPECT_NEAR(low, 2000, 200);
  EXPECT_NEAR(high, 2000, 200);
  Random random(1, {});
  EXPECT_DOUBLE_EQ(faulty_conductance({0, 0, -0.5, 0}, 0.4, 0, 1, random), 0);
  EXPECT_EQ(stored_digit({0, 0, 0, 1}, 5, 4, random), 10);
  EXPECT_EQ(stored_digit({}, 5, 4, random), 5);
  // The same cell with fewer bits has the same ones in error, counted from the highest.
  for (uint64_t cell = 0; cell < 100; ++cell) {
    Random many(9, {cell}), few(9, {cell});
    EXPECT_EQ(stored_digit({0, 0, 0, 0.3}, 0, 7, many) >> 4, stored_digit({0, 0, 0, 0.3}, 0, 3, few));
  }
}

}  // namespace
}  // namespace flashcell::quant::cim
