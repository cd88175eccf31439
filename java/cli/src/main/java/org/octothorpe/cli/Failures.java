package org.octothorpe.cli;

import java.io.FileNotFoundException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** How the command reports what went wrong: one line on the error stream, and an exit code. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private static final String STACKTRACE = "--stacktrace";

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
    err.println(name + ": " + exception.getMessage());
    UnmatchedArgumentException.printSuggestions(exception, err);
    err.println("Try '" + name + " --help'.");
    if (List.of(args).contains(STACKTRACE)) {
      exception.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }

  /** Returns one line for a user who knows nothing of Java. */
  static String explain(Throwable failure) {
    String message = failure.getMessage();
    if (failure instanceof NoSuchFileException || failure instanceof FileNotFoundException) {
      return "no such file: " + message;
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
