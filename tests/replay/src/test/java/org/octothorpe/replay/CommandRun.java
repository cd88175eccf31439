package org.octothorpe.replay;

import java.io.PrintWriter;
import java.io.StringWriter;

/** One run of the command in this process: its exit code and what it printed. */
record CommandRun(int exit, String out, String err) {
  /** Runs the command. */
  static CommandRun of(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit =
        Replay.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new CommandRun(exit, out.toString(), err.toString());
  }

  /** Returns everything, for messages of failed tests. */
  String all() {
    return "exit " + exit + "\n" + out + err;
  }
}
