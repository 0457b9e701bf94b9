#include "base/command_line.hpp"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <sstream>

namespace flashcell {
namespace {

// CLI11's own name the largest double, digit by digit.
CLI::Validator number_that(bool (*is_right)(double), const std::string& wanted, const std::string& description) {
  return {[=](const std::string& text) {
            double number = 0;
            const bool right = CLI::detail::lexical_cast(text, number) && std::isfinite(number) && is_right(number);
            return right ? std::string() : text + " is not " + wanted;
          },
          description};
}

}  // namespace

Option Option::required() const {
  option_->required();
  return *this;
}

Option Option::type_name(const std::string& name) const {
  option_->type_name(name);
  return *this;
}

Option Option::group(const std::string& heading) const {
  option_->group(heading);
  return *this;
}

Option Option::range(int least, int most) const {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option Option::range(double least, double most) const {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option Option::positive() const {
  option_->check(number_that([](double x) { return x > 0; }, "a number above 0", "POSITIVE"));
  return *this;
}

Option Option::at_least_zero() const {
  option_->check(number_that([](double x) { return x >= 0; }, "a number of at least 0", "NONNEGATIVE"));
  return *this;
}

Option Option::one_of(const std::vector<std::string>& values) const {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option Option::one_of_numbers(const std::vector<int>& values) const {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option Option::delimiter(char character) const {
  option_->delimiter(character);
  return *this;
}

Option Option::one_value_each() const {
  option_->allow_extra_args(false);
  return *this;
}

Option Option::needs(Option other) const {
  option_->needs(other.option_);
  return *this;
}

Option Option::excludes(Option other) const {
  option_->excludes(other.option_);
  return *this;
}

bool Option::given() const {
  return option_->count() > 0;
}

std::vector<std::string> Option::words() const {
  if (!given()) return {};
  const std::string name = "--" + option_->get_lnames().front();
  if (option_->get_items_expected_max() == 0) return {name};  // a flag
  std::vector<std::string> words;
  const char delimiter = option_->get_delimiter();
  for (const std::string& value : option_->results()) {
    if (words.empty() || delimiter == '\0')
      words.insert(words.end(), {name, value});
    else
      words.back().append(1, delimiter).append(value);
  }
  return words;
}

Command::Command(const std::string& description, const std::string& name)
    : name_(name), root_(std::make_unique<CLI::App>(description, name)), app_(root_.get()) {
  app_->option_defaults()->always_capture_default();
}

Command::Command(CLI::App* app, const std::string& name) : name_(name), app_(app) {}

Command::~Command() = default;

Command& Command::add_subcommand(const std::string& name, const std::string& description) {
  subcommands_.emplace_back(new Command(app_->add_subcommand(name, description), name));
  return *subcommands_.back();
}

void Command::require_subcommand() {
  app_->require_subcommand(1);
}

void Command::set_version(const std::string& text) {
  app_->set_version_flag("--version", text);
}

void Command::footer(const std::string& text) {
  app_->footer(text);
}

void Command::callback(std::function<void()> function) {
  app_->callback([function = std::move(function)] {
    try {
      function();
    } catch (const HelpWanted&) {
      throw CLI::CallForHelp();
    } catch (const ValueMissing& missing) {
      throw CLI::RequiredError(missing.name);
    }
  });
}

template <class T>
Option Command::add_option(const std::string& names, T& variable, const std::string& help) {
  return under_heading(app_->add_option(names, variable, help));
}

template Option Command::add_option(const std::string&, std::string&, const std::string&);
template Option Command::add_option(const std::string&, int&, const std::string&);
template Option Command::add_option(const std::string&, std::optional<int>&, const std::string&);
template Option Command::add_option(const std::string&, int64_t&, const std::string&);
template Option Command::add_option(const std::string&, uint32_t&, const std::string&);
template Option Command::add_option(const std::string&, uint64_t&, const std::string&);
template Option Command::add_option(const std::string&, float&, const std::string&);
template Option Command::add_option(const std::string&, double&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<int>&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<float>&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<double>&, const std::string&);

Option Command::add_flag(const std::string& names, bool& variable, const std::string& help) {
  return under_heading(app_->add_flag(names, variable, help));
}

Option Command::add_word(const std::string& names, const std::vector<std::string>& words, const std::string& chosen,
                         const std::string& help, std::function<void(const std::string&)> set) {
  CLI::Option* option = app_->add_option_function<std::string>(names, std::move(set), help);
  option->check(CLI::IsMember(words))->default_str(chosen);
  return under_heading(option);
}

Option Command::under_heading(CLI::Option* option) const {
  if (!heading_.empty()) option->group(heading_);
  return Option(option);
}

std::vector<const Command*> Command::subcommands() const {
  std::vector<const Command*> commands;
  for (const auto& command : subcommands_) commands.push_back(command.get());
  return commands;
}

bool Command::subcommand_given() const {
  return !app_->get_subcommands().empty();
}

std::vector<std::string> Command::long_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::optional<Command::Answer> Command::parse(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    std::ostringstream output, message;
    const bool asked = app_->exit(error, output, message) == 0;
    return Answer{asked, output.str(), message.str()};
  }
}

bool print(const Command::Answer& answer) {
  std::fputs(answer.output.c_str(), stdout);
  std::fputs(answer.error.c_str(), stderr);
  return answer.asked;
}

}  // namespace flashcell
