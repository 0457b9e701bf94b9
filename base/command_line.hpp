#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

// Commands and their options over CLI11, whose headers cost seconds in every file that includes them: one does.
namespace flashcell {

/// An option, flag or positional argument; a handle that may be copied. What it is given at the command line goes into
/// the variable it was added with when the command line is parsed.
class Option {
 public:
  Option required() const;
  /// What stands for the value in the help text.
  Option type_name(const std::string& name) const;
  /// The heading under which the help text lists it.
  Option group(const std::string& heading) const;
  Option range(int least, int most) const;
  Option range(double least, double most) const;
  Option positive() const;
  Option at_least_zero() const;
  Option one_of(const std::vector<std::string>& values) const;
  Option one_of_numbers(const std::vector<int>& values) const;
  /// Several values in one word: `1,2,3`.
  Option delimiter(char character) const;
  /// Of a list: each value wants the option's name anew.
  Option one_value_each() const;
  Option needs(Option other) const;
  Option excludes(Option other) const;
  /// Whether the command line has it.
  bool given() const;
  /// It as the command line has it, for that of another program: its long name, then the value; of a list name and
  /// value again and again, or one word where values share one (delimiter()). Empty where it is not given.
  std::vector<std::string> words() const;

 private:
  friend class Command;
  explicit Option(CLI::Option* option) : option_(option) {}
  CLI::Option* option_;
};

/// Thrown from a callback: the command's help is what the user needs.
struct HelpWanted {};
/// Thrown from a callback: a value that this call cannot do without.
struct ValueMissing {
  std::string name;
};

/// A program's command line, or one of its subcommands. References to subcommands stay valid as long as the program's.
class Command {
 public:
  Command(const std::string& description, const std::string& name);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  Command& add_subcommand(const std::string& name, const std::string& description);
  /// One of the subcommands has to follow.
  void require_subcommand();
  void set_version(const std::string& text);
  /// The last lines of the help text.
  void footer(const std::string& text);
  /// The options that are added from here on are listed under it in the help text.
  void heading(const std::string& text) { heading_ = text; }
  /// Called when the command line is whole and names this command.
  void callback(std::function<void()> function);

  /// `names`: "-o,--output", or "FILE" for a positional argument. The variable has to outlive parse(); its value is the
  /// default that the help text shows. T: string, int, int64_t, uint64_t, uint32_t, size_t, float, double, optional or
  /// vector of some of these (command_line.cpp lists them).
  template <class T>
  Option add_option(const std::string& names, T& variable, const std::string& help);
  Option add_flag(const std::string& names, bool& variable, const std::string& help);
  /// One of several words, each with the value it stands for.
  template <class T>
  Option add_choice(const std::string& names, T& variable, const std::vector<std::pair<std::string, T>>& choices,
                    const std::string& help) {
    std::vector<std::string> words;
    std::string chosen;
    for (const auto& [word, value] : choices) {
      words.push_back(word);
      if (value == variable) chosen = word;
    }
    return add_word(names, words, chosen, help, [&variable, choices](const std::string& word) {
      for (const auto& [name, value] : choices)
        if (name == word) variable = value;
    });
  }

  const std::string& name() const { return name_; }
  std::vector<const Command*> subcommands() const;
  /// Whether the command line names one of the subcommands.
  bool subcommand_given() const;
  /// Every option's long names, with their dashes.
  std::vector<std::string> long_names() const;

  /// What to print instead of going on.
  struct Answer {
    bool asked;  ///< for help or the version; false: the command line is wrong
    std::string output, error;
  };
  /// Nothing: go on. Exceptions of callbacks come through.
  std::optional<Answer> parse(int argc, const char* const* argv);

 private:
  Command(CLI::App* app, const std::string& name);
  Option add_word(const std::string& names, const std::vector<std::string>& words, const std::string& chosen,
                  const std::string& help, std::function<void(const std::string&)> set);

  Option under_heading(CLI::Option* option) const;

  std::string name_, heading_;
  std::unique_ptr<CLI::App> root_;
  CLI::App* app_;
  std::vector<std::unique_ptr<Command>> subcommands_;
};

/// Prints it; whether it was asked for.
bool print(const Command::Answer& answer);

}  // namespace flashcell
