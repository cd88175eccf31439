package org.octothorpe.cli.common;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.octothorpe.data.faults.UnreadableDataException;
import org.octothorpe.internal.FileLimit;
import org.octothorpe.internal.JsonFault;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** How the command reports what went wrong: one line on the error stream, and an exit code. */
public final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private static final String STACKTRACE = "--stacktrace";
  private static final Pattern INVALID =
      Pattern.compile("Invalid value for option '(--[a-z0-9-]+)'[^:]*: (.*)", Pattern.DOTALL);
  private static final Pattern NUMBER = Pattern.compile("'(.*)' is not an? (int|long|double)");
  private static final Pattern CHOICE =
      Pattern.compile("expected one of \\[(.*)\\] \\(case-insensitive\\) but was '(.*)'");

  private static final Pattern PATH =
      Pattern.compile("cannot convert '(.*)' to Path \\(.*InvalidPathException.*", Pattern.DOTALL);
  private static final String NOT_A_PATH =
      "cannot be a path here: the character set of file names is "
          + System.getProperty("sun.jnu.encoding")
          + "; the variable LC_ALL=C.UTF-8 lets Java use all characters";

  @Override
  public int handleExecutionException(
      Exception exception, CommandLine command, ParseResult parseResult) {
    PrintWriter err = command.getErr();
    err.println(command.getCommandSpec().qualifiedName() + ": " + explain(exception));
    if (hasStacktrace(parseResult)) {
      exception.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  @Override
  public int handleParseException(ParameterException exception, String[] args) {
    CommandLine command = exception.getCommandLine();
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    // A missing option is found first and would hide a misspelt one, which often is its reason.
    if (exception instanceof MissingParameterException) {
      for (String unknown : unknownOptions(command, args)) {
        err.println(name + ": Unknown option: '" + unknown + "'");
      }
    }
    usage(String.valueOf(exception.getMessage()))
        .lines()
        .forEach(line -> err.println(name + ": " + line));
    UnmatchedArgumentException.printSuggestions(exception, err);
    err.println("Try '" + name + " --help'.");
    if (List.of(args).contains(STACKTRACE)) {
      exception.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }

  private static List<String> unknownOptions(CommandLine command, String[] args) {
    return Arrays.stream(args)
        .filter(arg -> arg.matches("--[a-zA-Z].*"))
        .map(arg -> arg.replaceFirst("=.*", ""))
        .filter(option -> !command.getCommandSpec().optionsMap().containsKey(option))
        .distinct()
        .toList();
  }

  /** Returns picocli's message in the words of this command's own: option, value and rule. */
  static String usage(String message) {
    Matcher value = INVALID.matcher(message);
    if (!value.matches()) {
      return message;
    }
    String option = value.group(1);
    String rest = value.group(2);
    Matcher number = NUMBER.matcher(rest);
    if (number.matches()) {
      boolean whole = !number.group(2).equals("double");
      return String.format(
          Locale.ROOT,
          "%s is '%s', but must be a %s",
          option,
          number.group(1),
          whole ? "whole number" : "number");
    }
    Matcher choice = CHOICE.matcher(rest);
    if (choice.matches()) {
      return String.format(
          Locale.ROOT,
          "%s is '%s', but must be one of: %s",
          option,
          choice.group(2),
          choice.group(1).toLowerCase(Locale.ROOT));
    }
    Matcher path = PATH.matcher(rest);
    if (path.matches()) {
      return option + " is '" + path.group(1) + "', which " + NOT_A_PATH;
    }
    return rest.startsWith("'") ? option + " is " + rest : message;
  }

  /** Returns one line for a user who knows nothing of Java. */
  public static String explain(Throwable failure) {
    String message = failure.getMessage();
    if (failure instanceof UnreadableDataException) {
      return String.valueOf(message); // it says what to do
    }
    Throwable cause = failure.getCause();
    if (cause != null && cause.toString().equals(message)) {
      return explain(cause); // a wrapper without words of its own
    }
    if ((failure instanceof IOException || failure instanceof UncheckedIOException)
        && FileLimit.reached(failure)) {
      return message + ": " + FileLimit.advice();
    }
    if (failure instanceof InvalidPathException path) {
      return "'" + path.getInput() + "' " + NOT_A_PATH;
    }
    if (failure instanceof NoSuchFileException file) {
      String reason = file.getReason();
      return reason == null ? "no such file: " + message : file.getFile() + ": " + reason;
    }
    if (failure instanceof FileNotFoundException) {
      return String.valueOf(message); // "FILE (reason)"
    }
    if (failure instanceof JsonProcessingException json) {
      return "no valid JSON: " + JsonFault.reason(json);
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied: " + message;
    }
    if (failure instanceof FileSystemException file) {
      return file.getFile() + ": " + file.getReason();
    }
    if (failure instanceof OutOfMemoryError) {
      return "out of memory (" + message + "): a smaller --batch or --image-size needs less";
    }
    if (message == null || message.isBlank()) {
      return failure.getClass().getSimpleName() + " (" + STACKTRACE + " shows where)";
    }
    return message.strip();
  }

  private static boolean hasStacktrace(ParseResult parseResult) {
    ParseResult last = parseResult;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    return last.hasMatchedOption(STACKTRACE);
  }
}
