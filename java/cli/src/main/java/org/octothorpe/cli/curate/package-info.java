/** The verbs about curation: from raw hashtagged images to a training set. */
@NullMarked
package org.octothorpe.cli.curate;

import org.jspecify.annotations.NullMarked;
