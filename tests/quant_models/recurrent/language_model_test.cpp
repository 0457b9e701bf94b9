#include "quant_models/recurrent/language_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/corpus.hpp"
#include "quant_models/recurrent/cross_entropy.hpp"
#include "quant_models/recurrent/network_file.hpp"
#include "tests/quant_models/recurrent/random_networks.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Call>
std::string fault(Call call) {
  try {
    call();
  } catch (const ModelError& e) {
    return e.what();
  }
  return "";
}

std::string file_text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(Corpus, WordsAndLineEnds) {
  EXPECT_THAT(words_of(" the cat \n\n sat\ton"), ElementsAre("the", "cat", "<eos>", "sat", "on", "<eos>"));
  EXPECT_TRUE(words_of(" \n \n").empty());
}

TEST(Corpus, CommonestWordsFirstAndTheRestUnknown) {
  const Vocabulary v = make_vocabulary("b a a\nb c a", 100, "x");
  EXPECT_THAT(v.words(), ElementsAre("a", "b", "<eos>", "c", "<unk>"));
  const Vocabulary small = make_vocabulary("b a a\nb c a", 3, "x");
  EXPECT_THAT(small.words(), ElementsAre("a", "b", "<unk>"));
  EXPECT_THAT(tokens_of("a b a a b b zebra", small, "x"), ElementsAre(0, 1, 0, 0, 1, 1, 2, 2));
}

TEST(Corpus, SaysWhatIsWrong) {
  EXPECT_THAT(fault([] { make_vocabulary(" \n ", 10, "t.zip"); }), HasSubstr("t.zip: its training text has no words"));
  const Vocabulary v = make_vocabulary("the cat sat on the mat", 100, "x");
  EXPECT_THAT(fault([&] { tokens_of("кошка сидела на коврике", v, "r.txt"); }), HasSubstr("r.txt: "));
  EXPECT_THAT(fault([&] { tokens_of("", v, "r.txt"); }), HasSubstr("r.txt: all"));
}

TEST(Corpus, PennTreebankIsThePublishedOne) {
  FLASHCELL_NEEDS_DATA("text/ptb.zip");
  const Texts texts = read_texts((test::data_dir() / "text/ptb.zip").string());
  const Vocabulary v = make_vocabulary(texts.train, 50000, "ptb");
  EXPECT_EQ(v.words().size(), 10000U);
  EXPECT_EQ(tokens_of(texts.train, v, "ptb").size(), 929589U);
  EXPECT_EQ(tokens_of(texts.valid, v, "ptb").size(), 73760U);
  EXPECT_EQ(tokens_of(texts.test, v, "ptb").size(), 82430U);
}

TEST(CrossEntropy, IsTheClosedFormWithItsGradient) {
  std::vector<float> logits = {1, 2, 0.5F, -1, 0, 3};
  const std::vector<float> was = logits;
  const std::vector<int32_t> targets = {2, 0};
  const double nats = cross_entropy(logits, targets, 3, 0.5F);
  double expected = 0;
  for (size_t row = 0; row < 2; ++row) {
    double sum = 0;
    for (size_t i = 0; i < 3; ++i) sum += std::exp(double{was[3 * row + i]});
    const auto target = static_cast<size_t>(targets[row]);
    expected += std::log(sum) - was[3 * row + target];
    for (size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(logits[3 * row + i], 0.5 * (std::exp(double{was[3 * row + i]}) / sum - (i == target ? 1 : 0)), 1e-6);
  }
  EXPECT_NEAR(nats, expected, 1e-5);
}

// A language in which every word follows from the one before.
class SmallLanguage : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("flashcell_language_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    std::ofstream text(folder_ / "text.txt");
    for (int i = 0; i < 900; ++i) text << "one two three four five six seven eight\n";
  }
  void TearDown() override { fs::remove_all(folder_); }

  LanguageOptions options(const std::string& name) const {
    LanguageOptions o = default_language_options(Cell::egru);
    o.data = (folder_ / "text.txt").string();
    o.output = (folder_ / name).string();
    o.embedding = 12;
    o.hidden = 16;
    o.batch = 8;
    o.steps = 8;
    o.minutes = 0.0004;
    o.learning_rate = 2e-2;
    o.threshold_mean = 0.05;
    o.trainer.dropout = {};
    o.word_dropout = 0;
    o.trainer.activity_weight = 0;
    return o;
  }
  static LanguageRun train(const LanguageOptions& o, int64_t stop_at = INT64_MAX) {
    std::atomic<bool> stop{false};
    return train_language(o, stop, [&](const LanguageProgress& p) { stop = p.step >= stop_at; });
  }

  fs::path folder_;
};

TEST_F(SmallLanguage, IsLearned) {
  const LanguageRun run = train(options("run"));
  ASSERT_TRUE(run.finished);
  EXPECT_LT(run.figures.valid_perplexity, 2);
  EXPECT_LT(run.figures.macs, run.figures.dense_macs);
  EXPECT_EQ(run.network.decoder.size(), (12 + 16) * run.network.names.size());  // all layers are read
  EXPECT_EQ(read_network((folder_ / "run/network.npz").string()), run.network);
  EXPECT_THAT(file_text(folder_ / "run/metrics.json"), HasSubstr("\"valid_perplexity\""));
  EXPECT_THAT(generate(run.network, "n", "one two three", 30, 0.3, 1), HasSubstr("one two three four"));
  EXPECT_EQ(generate(run.network, "n", "", 9, 1, 1), generate(run.network, "n", "", 9, 1, 1));
  EXPECT_THAT(fault([&] { generate(run.network, "n", "один два", 3, 1, 1); }), HasSubstr("knows no word of it"));
}

TEST_F(SmallLanguage, IsLearnedFromTheLastLayerAlone) {
  LanguageOptions o = options("run");
  o.decoder = Decoder::projected;
  const LanguageRun run = train(o);
  EXPECT_LT(run.figures.valid_perplexity, 2);
  EXPECT_FALSE(run.network.all_read);
  EXPECT_EQ(run.network.decoder.size(), 12 * run.network.names.size());
}

TEST_F(SmallLanguage, IsLearnedWithAnotherNumberOfUnitsLast) {
  LanguageOptions o = options("run");
  o.last = 20;
  o.decoder = Decoder::tied;  // cannot be: the other size has it projected
  const LanguageRun run = train(o);
  EXPECT_LT(run.figures.valid_perplexity, 2);
  EXPECT_EQ(run.network.layers.back().hidden, 20);
  EXPECT_EQ(run.network.decoder.size(), 20 * run.network.names.size());
  EXPECT_EQ(read_network((folder_ / "run/network.npz").string()), run.network);
}

TEST_F(SmallLanguage, ATiedDecoderIsTheEmbedding) {
  LanguageOptions o = options("run");
  o.decoder = Decoder::tied;
  const LanguageRun run = train(o);
  EXPECT_LT(run.figures.valid_perplexity, 2);
  EXPECT_TRUE(run.network.decoder.empty());
}

// Eight words and a line's end, each as often as the others, and <unk> that never comes.
TEST_F(SmallLanguage, BeginsWithTheFrequenciesOfWords) {
  LanguageOptions o = options("run");
  o.minutes = 1e-6;
  o.learning_rate = 1e-9;
  const RecurrentNetwork network = train(o).network;
  ASSERT_EQ(network.names.size(), 10U);
  for (size_t word = 0; word < network.names.size(); ++word)
    EXPECT_NEAR(std::exp(network.decoder_biases[word]), network.names[word] == "<unk>" ? 0 : 1.0 / 9, 1e-3);
}

TEST_F(SmallLanguage, StoppedRunsGoOnToTheSameBytes) {
  LanguageOptions whole = options("whole"), parts = options("parts");
  whole.trainer.threads = 2;
  whole.minutes = parts.minutes = 0.0001;
  whole.trainer.dropout = parts.trainer.dropout = {0.1, 0.1, 0.1, 0.1, 0.1};
  train(whole);
  EXPECT_FALSE(train(parts, 5).finished);
  EXPECT_TRUE(train(parts).finished);
  EXPECT_EQ(file_text(folder_ / "parts/network.npz"), file_text(folder_ / "whole/network.npz"));
  EXPECT_EQ(file_text(folder_ / "parts/metrics.json"), file_text(folder_ / "whole/metrics.json"));
}

TEST_F(SmallLanguage, RefusesAnotherRunsCheckpointAndTextsThatAreTooShort) {
  LanguageOptions o = options("run");
  o.minutes = 0.0001;
  train(o, 2);
  o.hidden = 20;
  EXPECT_THAT(fault([&] { train(o); }), HasSubstr("belongs to another"));
  o = options("run");
  o.batch = 4096;
  EXPECT_THAT(fault([&] { train(o); }), HasSubstr("too short"));
}

// By the plain steps.
void expect_plain_nats(const RecurrentNetwork& network) {
  Random random(4, {});
  std::vector<int32_t> tokens(50);
  for (int32_t& token : tokens) token = static_cast<int32_t>(random.below(13));
  NetworkState state(network);
  std::vector<float> logits(13);
  double nats = 0;
  for (size_t t = 0; t + 1 < tokens.size(); ++t) {
    step(network, network.embedded(static_cast<size_t>(tokens[t])), state);
    decode(network, state, logits);
    nats += cross_entropy(logits, std::span(tokens).subspan(t + 1, 1), 13, 1);
  }
  EXPECT_NEAR(evaluate(network, tokens, 1).nats, nats / 49, 1e-4);
}

TEST(Evaluation, IsThePlainNetworks) {
  const RecurrentNetwork network = test::random_network(Cell::egru, {6, 9, 6}, 13, 3);
  expect_plain_nats(network);
  expect_plain_nats(test::with_all_read(network, 5));
}

}  // namespace
}  // namespace flashcell::quant
