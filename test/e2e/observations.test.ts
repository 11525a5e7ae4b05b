import test from 'ava'
import { testDatabase } from '../support/infrastructure.ts'
import { observationsContract } from './observations.contract.ts'

observationsContract(test, testDatabase)
