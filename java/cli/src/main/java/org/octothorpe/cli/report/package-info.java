/** What a user sees of a run: progress, logs, plots, contact sheets and tables. */
@NullMarked
package org.octothorpe.cli.report;

import org.jspecify.annotations.NullMarked;
